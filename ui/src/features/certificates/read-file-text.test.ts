import { expect, test } from 'vitest'
import { readFileText } from './read-file-text.ts'

test.each([
  ['text with names outside ASCII', 'Subject: O=Łódź Płatności S.A.\r\n\t-----BEGIN CERTIFICATE-----\r\n'],
  ['base64', 'MEUCIQ==\n'],
])('%s in a file is unchanged', async (_, text) => expect(await readFileText(new Blob([text]))).toBe(text))

test.each([
  ['DER', [0x30, 0x82, 0x01, 0x0a], 'MIIBCg=='],
  ['octets that are UTF-8 by chance', [0x30, 0x06, 0x02, 0x01, 0x41], 'MAYCAUE='],
])('%s in a file is read as base64', async (_, bytes, text) =>
  expect(await readFileText(new Blob([Uint8Array.from(bytes)]))).toBe(text),
)
