import { PosternError } from '../errors.ts'
import type { Caller, CallerCertificate } from '../shapes/caller.ts'
import { type Client, mayBeUsedWith } from '../shapes/client.ts'
import type { LiveToken, TokenClaims } from '../shapes/live-token.ts'
import { readAccessToken } from './access-token.ts'
import type { SigningKeys } from './signing-keys.ts'
import type { TokenCache, VerifiedToken } from './token-cache.ts'

/** What tokens are checked against. */
export interface VerifyParts {
  signingKeys: SigningKeys
  cache: TokenCache
  findClient(clientId: string): Client | undefined
  /** Learns of what has been created by now. */
  catchUp(): Promise<void>
  isTokenRevoked(tokenId: string): boolean
}

/** Clocks of gateways may differ by so much. */
const leewayMilliseconds = 60_000
const day = 86_400_000

/** Where a token is presented, and when (milliseconds since 1970). */
export interface TokenUse {
  issuer: { environment: string; url: string }
  now: number
  /** Whether the clock here or at the issuer may be wrong by up to a day, as where a token is revoked. */
  isClockDoubtful?: boolean
}

/**
 * The token, if it is one of ours and counts now. The signature is verified once; expiry, revocation,
 * key and credentials are asked each time. Says nothing of the binding: see {@link assertBound}.
 * Throws `token_invalid`, `token_expired`, `token_not_yet_valid` or `token_revoked`.
 */
export async function verifyAccessToken(
  parts: VerifyParts,
  token: string,
  { issuer, now, isClockDoubtful = false }: TokenUse,
): Promise<LiveToken> {
  const kept = parts.cache.find(token)
  const verified = kept ?? (await readGenuine(parts, token, issuer.environment, now))
  const { claims, keyId } = verified
  if (claims.iss !== issuer.url || claims.aud !== issuer.url)
    throw new PosternError(
      'token_invalid',
      'This access token was issued by another environment. Fetch one here.',
    )
  if (parts.signingKeys.findAccepted(issuer.environment, keyId, now) === undefined)
    throw new PosternError(
      'token_invalid',
      'The key that signed this access token is out of use. Fetch a new one.',
    )
  const [latest, earliest] = isClockDoubtful ? [now - day, Number.POSITIVE_INFINITY] : [now, now]
  if (latest >= claims.exp * 1000) {
    parts.cache.remove(token)
    throw new PosternError(
      'token_expired',
      `This access token expired at ${at(claims.exp)}. Fetch a new one.`,
    )
  }
  // One that a gateway with a wrong clock has issued would count for longer than it may.
  if (claims.iat * 1000 > earliest + leewayMilliseconds)
    throw new PosternError(
      'token_not_yet_valid',
      `This access token was issued at ${at(claims.iat)}, which is in the future here. A clock of the provider is wrong. Get a new token; if the error persists, tell the provider.`,
    )
  // Another gateway may have issued the token to credentials that were created a moment ago.
  if (parts.findClient(claims.client_id) === undefined) await parts.catchUp()
  const use = { clientId: claims.client_id, environment: issuer.environment }
  // Only what counts, and on whose account it is known.
  if (kept === undefined) parts.cache.add(token, verified, getClient(parts, use).organizationId)
  return reviewAccessToken(parts, claims, use)
}

/**
 * A genuine token with the credentials that it was issued to, and with what they may do now. Throws
 * `token_revoked` where it or they have ended; that it expires is not asked.
 */
export function reviewAccessToken<Claims extends Pick<TokenClaims, 'jti' | 'scope'>>(
  parts: Pick<VerifyParts, 'isTokenRevoked' | 'findClient'>,
  claims: Claims,
  use: { clientId: string; environment: string },
): { claims: Claims; client: Client } {
  const client = getClient(parts, use)
  if (parts.isTokenRevoked(claims.jti))
    throw new PosternError('token_revoked', 'This access token was revoked. Fetch a new one.')
  return { claims: keepGranted(claims, client), client }
}

function getClient(
  { findClient }: Pick<VerifyParts, 'findClient'>,
  { clientId, environment }: { clientId: string; environment: string },
): Client {
  const client = findClient(clientId)
  if (client !== undefined && client.environment === environment) return client
  throw new PosternError(
    'token_revoked',
    'The API credentials of this access token were deleted. Use others.',
  )
}

/** What the credentials may do now, of what they could when the token was issued. */
function keepGranted<Claims extends Pick<TokenClaims, 'scope'>>(claims: Claims, { scopes }: Client): Claims {
  if (scopes === null) return claims
  const granted = claims.scope.split(' ')
  if (granted.every((scope) => scopes.includes(scope))) return claims
  return { ...claims, scope: granted.filter((scope) => scopes.includes(scope)).join(' ') }
}

/**
 * Throws `token_certificate_mismatch` unless the caller may use the token: it is of their organization, it is
 * bound to the certificate of this very connection (RFC 8705, 3), and its credentials may be used with that one.
 * A token that is bound to nothing counts where no binding is required.
 */
export function assertBound(
  { claims, client }: { claims: Pick<TokenClaims, 'cnf'>; client: BindingClient },
  caller: Caller,
): void {
  const problem = findBindingProblem(claims.cnf, client, caller)
  if (problem !== undefined) throw new PosternError('token_certificate_mismatch', problem)
}

/**
 * Whether any caller gets in with a token that counts: one who is bound to a certificate with that one, if it is in
 * force, and any other without a certificate. From where the call comes, and which scope it needs, is not asked.
 */
export function isUsable(
  { claims, client }: LiveToken,
  { environment, now }: { environment: string; now: number },
  { findCertificate, isBindingRequired }: UseParts,
): boolean {
  const thumbprint = claims.cnf?.['x5t#S256']
  const certificate = thumbprint === undefined ? undefined : findCertificate(thumbprint, environment, now)
  if (thumbprint !== undefined && certificate === undefined) return false
  const organizationId = certificate?.organizationId ?? client.organizationId
  const caller = {
    organizationId,
    isBindingRequired: isBindingRequired(organizationId, environment),
    certificate,
  }
  return findBindingProblem(claims.cnf, client, caller) === undefined
}

/** What is asked about callers who are not there. */
export interface UseParts {
  /** A certificate that would be let in now, by its `x5t#S256`. */
  findCertificate(
    thumbprint: string,
    environment: string,
    now: number,
  ): { id: string; name: string; thumbprint: string; organizationId: string } | undefined
  /** Whether an organization needs a certificate by now. */
  isBindingRequired(organizationId: string, environment: string): boolean
}

function findBindingProblem(
  cnf: TokenClaims['cnf'],
  client: BindingClient,
  { organizationId, isBindingRequired, certificate }: BindingCaller,
): string | undefined {
  const isOwn = client.organizationId === organizationId
  if (cnf === undefined && isBindingRequired)
    return 'This access token was fetched without a client certificate, so it is bound to none, and one is required by now. Fetch a token with the certificate.'
  if (certificate === undefined) {
    if (cnf !== undefined)
      return 'This access token is bound to a certificate, and this connection has none that counts. Send the certificate that it was fetched with.'
    if (!isOwn) return 'This access token is of another organization than the certificate of this connection.'
    return mayBeUsedWith(client, certificate)
      ? undefined
      : 'The API credentials of this access token may be used only with the certificates that they are limited to. Send one of them.'
  }
  if (!isOwn || (cnf !== undefined && cnf['x5t#S256'] !== certificate.thumbprint))
    return `This access token is bound to another certificate than ${certificate.name}, which this connection uses. Fetch a token with ${certificate.name}.`
  return mayBeUsedWith(client, certificate)
    ? undefined
    : `The API credentials of this access token may not be used with ${certificate.name} any more. Use a certificate that they are limited to.`
}

type BindingClient = Pick<Client, 'organizationId' | 'certificateIds'>
type BindingCaller = Pick<Caller, 'organizationId' | 'isBindingRequired'> & {
  certificate: Pick<CallerCertificate, 'id' | 'name' | 'thumbprint'> | undefined
}

async function readGenuine(
  { signingKeys }: VerifyParts,
  token: string,
  environment: string,
  now: number,
): Promise<VerifiedToken> {
  const read = await readAccessToken(token, (kid) => signingKeys.findAccepted(environment, kid, now))
  if (read === undefined) {
    throw new PosternError(
      'token_invalid',
      'This is not an access token that this environment has issued. Fetch one from its token endpoint and send it unchanged.',
    )
  }
  return read
}

const at = (seconds: number) => new Date(seconds * 1000).toISOString()
