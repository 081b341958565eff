import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openToolFolder } from '../../../test/support/tool-folder.ts'
import { findPemBlocks, toPem } from './pem.ts'

const block = toPem('CERTIFICATE', Uint8Array.of(1, 2, 3))
const found = [{ label: 'CERTIFICATE', der: Uint8Array.of(1, 2, 3) }]

test('written PEM blocks are found again, in any number', () => {
  const blocks = fc.array(
    fc.record({
      label: fc.constantFrom('CERTIFICATE', 'X509 CRL', 'A'),
      der: fc.uint8Array({ minLength: 1, maxLength: 300 }),
    }),
  )
  fc.assert(
    fc.property(blocks, (given) => {
      expect(findPemBlocks(given.map(({ label, der }) => toPem(label, der)).join('\n'))).toEqual(given)
    }),
  )
})

test('OpenSSL writes the same PEM armor', () => {
  using folder = openToolFolder()
  folder.run('openssl genpkey -algorithm ed25519 -out key.pem')
  folder.run('openssl pkey -in key.pem -pubout -out public.pem')
  folder.run('openssl pkey -in key.pem -pubout -outform DER -out public.der')
  expect(toPem('PUBLIC KEY', folder.read('public.der'))).toBe(
    new TextDecoder().decode(folder.read('public.pem')),
  )
})

describe('a PEM block is found', () => {
  test.each([
    ['with CR LF', block.replaceAll('\n', '\r\n')],
    ['with CR alone', block.replaceAll('\n', '\r')],
    ['after a byte order mark', `\ufeff${block}`],
    ['between other text', `Hello\n\n${block}Bye`],
    ['indented', block.replaceAll(/^/gm, '  \t')],
    ['with spaces at the ends', block.replaceAll('\n', '  \n')],
    ['with headers', block.replace('-----\n', '-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: A,1\n\n')],
    ['after a block without an end', `-----BEGIN CERTIFICATE-----\nAAAA\n${block}`],
    ['after a block that is not base64', `${block.replace('AQID', 'A*ID')}${block}`],
    ['without a line feed at its end', block.trimEnd()],
  ])('in a text %s', (_, text) => {
    expect(findPemBlocks(text)).toEqual(found)
  })
})

test.each([
  ['nothing', ''],
  ['no armor', 'AQID'],
  ['no end label', '-----BEGIN CERTIFICATE-----\nAQID\n'],
  ['a different end label', '-----BEGIN CERTIFICATE-----\nAQID\n-----END X-----\n'],
  ['no content', '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n'],
  ['everything on one line', block.replaceAll('\n', ' ')],
])('no PEM block is found in a text with %s', (_, text) => {
  expect(findPemBlocks(text)).toEqual([])
})
