import { createHash } from 'node:crypto'
import { randomOctets } from '../random-octets.ts'
import { signJwt } from './sign-jwt.ts'
import type { SigningKeys } from './signing-keys.ts'

const lifeSeconds = 60
/** A reused assertion has at least the rest of its lifetime after this time. */
const reuseMs = 30_000
const maxPerToken = 256
const maxKeptTarget = 1024
/** Measured memory of a cached assertion besides its texts, and the number of copies of those. */
const overheadBytes = 1400
const copiesOfTexts = 3

/** RFC 9110, section 9.2.1: these methods have no effect. */
const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/** A call that the gateway has allowed. */
export interface AssertedCall {
  /** The addresses of the gateway and of the upstream: issuer and audience. */
  issuer: string
  audience: string
  environment: string
  method: string
  /** Path and query as sent to the upstream. */
  target: string
  accessToken: string
  /** The claims of that token; the object identifies the token while it is cached. */
  claims: { scope: string }
  clientId: string
  organization: string
  /** Undefined for a call without a valid certificate. */
  certificate: { name: string; thumbprint: string } | undefined
  hasBody: boolean
  /** `Content-Digest` of the body (RFC 9530, section 2), if the environment requires it. */
  contentDigest: string | undefined
}

/** The dependencies of assertions. */
export interface AsserterDependencies {
  signingKeys: Pick<SigningKeys, 'findSigning'>
  /** Charges cached bytes of a token to its organization; returns false if they must not be cached. */
  charge(claims: object, bytes: number): boolean
}

interface Kept {
  assertion: Promise<string>
  until: number
  bytes: number
}

/**
 * Creates the signed proof that a call has passed the gateway: a JWT that is valid for a minute, for one
 * upstream, method, path, access token and certificate (claim names from RFC 9449 and RFC 8705). Each has a
 * `jti` (RFC 7519, section 4.1.7). Two calls with a safe method, without a body and equal in all of these get
 * the same one within half a minute, unless `perCall`; no other assertion is ever used twice. Returns
 * undefined while the environment has no signing key.
 */
export function createAsserter(
  { signingKeys, charge }: AsserterDependencies,
  { perCall }: { perCall: boolean } = { perCall: false },
) {
  const keptOf = new WeakMap<object, Map<string, Kept>>()

  const sign = (call: AssertedCall, now: number): Promise<string> | undefined => {
    const key = signingKeys.findSigning(call.environment, now)
    return key && signJwt(key, 'postern-call+jwt', claimsOf(call, Math.floor(now / 1000)))
  }

  const keep = (call: AssertedCall, name: string, assertion: Promise<string>, now: number): void => {
    const { claims } = call
    const own = keptOf.get(claims) ?? new Map<string, Kept>()
    const drop = (dropped: string): void => {
      const bytes = own.get(dropped)?.bytes
      if (bytes !== undefined && own.delete(dropped)) charge(claims, -bytes)
    }
    drop(name)
    for (const [oldest, { until }] of own) {
      if (now < until && own.size < maxPerToken) break
      drop(oldest)
    }
    const bytes = overheadBytes + copiesOfTexts * name.length + 2 * claims.scope.length
    // Nothing is cached for a token that is not cached.
    if (!charge(claims, bytes)) return
    keptOf.set(claims, own)
    own.set(name, { assertion, until: now + reuseMs, bytes })
    assertion.catch(() => drop(name))
  }

  return function assertCall(call: AssertedCall, now: number): Promise<string> | undefined {
    const { method, target, hasBody } = call
    if (perCall || hasBody || target.length > maxKeptTarget || !safeMethods.has(method))
      return sign(call, now)
    const name = `${method} ${target} ${call.certificate?.thumbprint ?? ''}`
    const kept = keptOf.get(call.claims)?.get(name)
    if (kept !== undefined && now < kept.until) return kept.assertion
    const assertion = sign(call, now)
    if (assertion !== undefined) keep(call, name, assertion, now)
    return assertion
  }
}

function claimsOf(call: AssertedCall, issuedAt: number) {
  const { certificate, contentDigest } = call
  return {
    iss: call.issuer,
    aud: call.audience,
    sub: call.clientId,
    jti: Buffer.from(randomOctets(16)).toString('base64url'),
    iat: issuedAt,
    exp: issuedAt + lifeSeconds,
    htm: call.method,
    htu: call.target,
    ...(contentDigest !== undefined && { content_digest: contentDigest }),
    ath: createHash('sha256').update(call.accessToken).digest('base64url'),
    ...(certificate && { cnf: { 'x5t#S256': certificate.thumbprint } }),
    scope: call.claims.scope,
    organization: call.organization,
    ...(certificate && { certificate: certificate.name }),
  }
}
