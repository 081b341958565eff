import { randomUUID } from 'node:crypto'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import type { GivenClientKeys } from '../../src/contract/client-key.ts'

/** How an assertion differs from a valid one; a claim that is undefined is omitted. */
export interface AssertionChange {
  /** A claim of undefined is left out. */
  claims?: { [Claim in keyof JWTPayload]: JWTPayload[Claim] | undefined }
  header?: Record<string, unknown>
  alg?: string
}

/** Creates a client key that signs assertions with jose. */
export async function makeClientKey(alg: 'ES256' | 'PS256' | 'EdDSA' = 'ES256', kid = `key-${alg}`) {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  const jwks: GivenClientKeys = { keys: [{ ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }] }
  return {
    jwks,
    privateKey,
    kid,
    /** Returns the parameters of `private_key_jwt` for a client at an issuer (RFC 7523, section 2.2). */
    async assert(
      clientId: string,
      aud: string,
      change: AssertionChange = {},
    ): Promise<Record<string, string>> {
      const now = Math.floor(Date.now() / 1000)
      const right = {
        iss: clientId,
        sub: clientId,
        aud,
        jti: randomUUID(),
        iat: now,
        nbf: now,
        exp: now + 60,
      }
      const header = { alg: change.alg ?? alg, kid, ...change.header }
      const assertion = await new SignJWT({ ...right, ...change.claims } as JWTPayload)
        .setProtectedHeader(header)
        .sign(privateKey)
      return { ...assertionType, client_assertion: assertion }
    },
  }
}

export type ClientKeyPair = Awaited<ReturnType<typeof makeClientKey>>

export const assertionType = {
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
}
