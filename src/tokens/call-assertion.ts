import { createHash } from 'node:crypto'
import { randomOctets } from '../random-octets.ts'
import { signJwt } from './sign-jwt.ts'
import type { SigningKeys } from './signing-keys.ts'

const lifeSeconds = 60
/** An assertion that is used again has at least as much of its life left as this takes away. */
const reuseMilliseconds = 30_000
const mostPerToken = 256
const mostKeptTarget = 1024
/** What a kept assertion takes beside the texts in it, and how often those are in memory: measured. */
const overheadBytes = 1400
const copiesOfTexts = 3

/** RFC 9110, 9.2.1: to ask again changes nothing. */
const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

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
  hasBody: boolean
  /** `Content-Digest` of the body (RFC 9530, 2), where the environment wants it. */
  contentDigest: string | undefined
}

/** What assertions are made with. */
export interface AsserterParts {
  signingKeys: Pick<SigningKeys, 'findSigning'>
  /** Puts bytes that are kept beside a token on the account of its organization; false where they are not to be kept. */
  charge(claims: object, bytes: number): boolean
}

interface Kept {
  assertion: Promise<string>
  until: number
  bytes: number
}

/**
 * Makes the signed statement that a call has passed the gateway: a JWT that is good for a minute, for one
 * upstream, method, path, access token and certificate (names of the claims from RFC 9449 and RFC 8705).
 * Each has a `jti` (RFC 7519, 4.1.7). Two calls with a safe method and without a body that agree in all of these
 * within half a minute get the same one, unless `perCall`; of all others none is ever given twice. Gives nothing
 * while the environment has no signing key.
 */
export function createAsserter(
  { signingKeys, charge }: AsserterParts,
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
      if (now < until && own.size < mostPerToken) break
      drop(oldest)
    }
    const bytes = overheadBytes + copiesOfTexts * name.length + 2 * claims.scope.length
    // A token that is not kept has nothing beside it.
    if (!charge(claims, bytes)) return
    keptOf.set(claims, own)
    own.set(name, { assertion, until: now + reuseMilliseconds, bytes })
    assertion.catch(() => drop(name))
  }

  return function assertCall(call: AssertedCall, now: number): Promise<string> | undefined {
    const { method, target, hasBody } = call
    if (perCall || hasBody || target.length > mostKeptTarget || !safeMethods.has(method))
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
