import { constants, generateKeyPairSync, sign } from 'node:crypto'
import { expect, test } from 'vitest'
import { isSignedBy } from './verify-signature.ts'

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const paddings = {
  RS256: { padding: constants.RSA_PKCS1_PADDING },
  PS256: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
}

test.each(['RS256', 'PS256'] as const)('a %s signature has one spelling', async (algorithm) => {
  const signText = (text: string) =>
    new Uint8Array(sign('sha256', Buffer.from(text), { key: privateKey, ...paddings[algorithm] }))
  let content = ''
  let signature = signText(content)
  // Once in 256 times a signature begins with 0.
  while (signature[0] !== 0) {
    content += '.'
    signature = signText(content)
  }
  expect(await isSignedBy({ algorithm, publicKey }, content, signature)).toBe(true)
  for (const other of [signature.subarray(1), Uint8Array.of(0, ...signature), signature.subarray(0, -1)])
    expect(await isSignedBy({ algorithm, publicKey }, content, other)).toBe(false)
})
