import { constants, verify } from 'node:crypto'
import type { Client } from './client.ts'
import type { ClientAssertion } from './read-client-assertion.ts'

type ClientKey = Client['keys'][number]

/** Whether a key of the client has signed the assertion. Without `kid` each key of the right algorithm is tried. */
export async function isAssertionSigned(
  client: Client | undefined,
  { header: { alg, kid }, signed, signature }: ClientAssertion,
): Promise<boolean> {
  const keys = client?.keys.filter((key) => key.algorithm === alg && (kid === undefined || key.id === kid))
  for (const key of keys ?? []) if (await isSignedBy(key, Buffer.from(signed), signature)) return true
  return false
}

/** RFC 7518, 3.4 and 3.5; RFC 8037, 3.1. */
function isSignedBy({ algorithm, publicKey }: ClientKey, content: Uint8Array, signature: Uint8Array) {
  const verifying = {
    ES256: { key: publicKey, dsaEncoding: 'ieee-p1363' as const },
    PS256: { key: publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
    EdDSA: { key: publicKey },
  }[algorithm]
  const hash = algorithm === 'EdDSA' ? null : 'sha256'
  return new Promise<boolean>((resolve) => {
    verify(hash, content, verifying, signature, (error, isValid) => resolve(!error && isValid))
  })
}
