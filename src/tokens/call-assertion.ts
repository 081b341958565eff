import { createHash } from 'node:crypto'
import { signJwt } from './sign-jwt.ts'
import type { SigningKeys } from './signing-keys.ts'

const lifeSeconds = 60
/** An assertion that is used again has at least as much of its life left as this takes away. */
const reuseMilliseconds = 30_000
const mostPerToken = 256

/** A call that the gateway has let through. */
export interface AssertedCall {
  /** The address of the gateway, and of the upstream: issuer and audience. */
  issuer: string
  audience: string
  environment: string
  method: string
  /** Path and query as the upstream gets them. */
  target: string
  accessToken: string
  /** The claims of that token; the object itself stands for it while it is known. */
  claims: { scope: string }
  clientId: string
  organization: string
  /** Nothing for a call without a certificate that counts. */
  certificate: { name: string; thumbprint: string } | undefined
}

/**
 * Makes the signed statement that a call has passed the gateway: a JWT that is good for a minute, for one
 * upstream, method, path, access token and certificate (names of the claims from RFC 9449 and RFC 8705).
 * Two calls that agree in all of these within half a minute get the same. Gives nothing while the
 * environment has no signing key.
 */
export function createAsserter(signingKeys: Pick<SigningKeys, 'findSigning'>) {
  const known = new WeakMap<object, Map<string, { assertion: Promise<string>; until: number }>>()

  return function assertCall(call: AssertedCall, now: number): Promise<string> | undefined {
    const own = known.get(call.claims) ?? new Map<string, { assertion: Promise<string>; until: number }>()
    known.set(call.claims, own)
    const name = `${call.method} ${call.target} ${call.certificate?.thumbprint ?? ''}`
    const kept = own.get(name)
    if (kept !== undefined && now < kept.until) return kept.assertion
    const key = signingKeys.findSigning(call.environment, now)
    if (key === undefined) return undefined
    const [oldest] = own.keys()
    if (own.size >= mostPerToken && oldest !== undefined) own.delete(oldest)
    const assertion = signJwt(key, 'postern-call+jwt', claimsOf(call, Math.floor(now / 1000)))
    own.delete(name)
    own.set(name, { assertion, until: now + reuseMilliseconds })
    assertion.catch(() => own.delete(name))
    return assertion
  }
}

function claimsOf(call: AssertedCall, issuedAt: number) {
  const { certificate } = call
  return {
    iss: call.issuer,
    aud: call.audience,
    sub: call.clientId,
    iat: issuedAt,
    exp: issuedAt + lifeSeconds,
    htm: call.method,
    htu: call.target,
    ath: createHash('sha256').update(call.accessToken).digest('base64url'),
    ...(certificate && { cnf: { 'x5t#S256': certificate.thumbprint } }),
    scope: call.claims.scope,
    organization: call.organization,
    ...(certificate && { certificate: certificate.name }),
  }
}
