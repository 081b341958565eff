import { describe, expect, test } from 'vitest'
import { openToolFolder, type ToolFolder } from '../../../test/support/tool-folder.ts'
import { listPublishedKeys } from '../../../test/vectors/make-compromised-keys.ts'
import { checkCertificateRequest } from '../request/check-request.ts'
import { findCompromise } from './compromised-keys.ts'

const refuse = (folder: ToolFolder) =>
  expect(
    checkCertificateRequest(folder.run('openssl req -new -key key.pem -subj /CN=a'), ['ec-p256', 'ed25519']),
  ).rejects

test.each(listPublishedKeys())('the known compromised keys include those of %s', (where, keys) => {
  expect(keys.map(findCompromise)).toEqual(keys.map(() => where))
})

test('the known compromised keys include no other key', () =>
  expect(findCompromise('0'.repeat(64))).toBeUndefined())

describe('a CSR for a publicly known key', () => {
  const refused = (where: string) => ({
    code: 'key_published',
    message: expect.stringMatching(new RegExp(`known to everybody: ${where}.*Make a new key`)),
  })

  test('is rejected for the Ed25519 key of RFC 8410, section 10.3', async () => {
    using folder = openToolFolder()
    const body = 'MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC'
    folder.write('key.pem', `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----\n`)
    await refuse(folder).toMatchObject(refused('RFC 8410'))
  })

  test('is rejected for the P-256 key whose private number is 7', async () => {
    using folder = openToolFolder()
    const number = `${'00'.repeat(31)}07`
    const der = Buffer.from(`30310201010420${number}a00a06082a8648ce3d030107`, 'hex')
    folder.write(
      'key.pem',
      `-----BEGIN EC PRIVATE KEY-----\n${der.toString('base64')}\n-----END EC PRIVATE KEY-----\n`,
    )
    await refuse(folder).toMatchObject(refused('a number below 17'))
  })
})
