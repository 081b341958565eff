import { PosternError } from '../errors.ts'
import { readAccessToken, type TokenClaims } from './access-token.ts'
import type { CallerCertificate, Client } from './client.ts'
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

/** Where a token is presented, and when (milliseconds since 1970). */
export interface TokenUse {
  issuer: { environment: string; url: string }
  now: number
}

/** A token that counts at the moment. */
export interface LiveToken {
  claims: TokenClaims
  client: Client
}

/**
 * The token, if it is one of ours and counts now. The signature is verified once; expiry, revocation,
 * key and credentials are asked each time. Says nothing of the binding: see {@link assertBound}.
 * Throws `token_invalid`, `token_expired` or `token_revoked`.
 */
export async function verifyAccessToken(
  parts: VerifyParts,
  token: string,
  { issuer, now }: TokenUse,
): Promise<LiveToken> {
  const { claims, keyId } = await readGenuine(parts, token, issuer.environment, now)
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
  if (now >= claims.exp * 1000) {
    parts.cache.remove(token)
    throw new PosternError(
      'token_expired',
      `This access token expired at ${at(claims.exp)}. Fetch a new one.`,
    )
  }
  if (parts.isTokenRevoked(claims.jti))
    throw new PosternError('token_revoked', 'This access token was revoked. Fetch a new one.')
  const client = parts.findClient(claims.client_id) ?? (await findNewClient(parts, claims.client_id))
  if (client === undefined || client.environment !== issuer.environment)
    throw new PosternError(
      'token_revoked',
      'The API credentials of this access token were deleted. Use others.',
    )
  return { claims: keepGranted(claims, client), client }
}

/** What the credentials may do now, of what they could when the token was issued. No scopes mean: any. */
function keepGranted(claims: TokenClaims, { scopes }: Client): TokenClaims {
  if (scopes.length === 0) return claims
  const granted = claims.scope.split(' ')
  if (granted.every((scope) => scopes.includes(scope))) return claims
  return { ...claims, scope: granted.filter((scope) => scopes.includes(scope)).join(' ') }
}

/** Another gateway may have issued the token to credentials that were created a moment ago. */
async function findNewClient(
  { findClient, catchUp }: VerifyParts,
  clientId: string,
): Promise<Client | undefined> {
  await catchUp()
  return findClient(clientId)
}

/**
 * Throws `token_certificate_mismatch` unless the token is bound to the certificate of this very
 * connection (RFC 8705, 3), both are of one organization, and the credentials may be used with it.
 */
export function assertBound(
  { claims, client }: { claims: Pick<TokenClaims, 'cnf'>; client: BindingClient },
  certificate: CallerCertificate,
): void {
  const isBound =
    claims.cnf['x5t#S256'] === certificate.thumbprint && client.organizationId === certificate.organizationId
  const isAllowed = client.certificateIds.size === 0 || client.certificateIds.has(certificate.id)
  if (isBound && isAllowed) return
  if (isBound) {
    throw new PosternError(
      'token_certificate_mismatch',
      `The API credentials of this access token may not be used with ${certificate.name} any more. Use a certificate that they are limited to.`,
    )
  }
  throw new PosternError(
    'token_certificate_mismatch',
    `This access token is bound to another certificate than ${certificate.name}, which this connection uses. Fetch a token with ${certificate.name}.`,
  )
}

type BindingClient = Pick<Client, 'organizationId' | 'certificateIds'>

async function readGenuine(
  { cache, signingKeys }: VerifyParts,
  token: string,
  environment: string,
  now: number,
): Promise<VerifiedToken> {
  const known = cache.find(token)
  if (known !== undefined) return known
  const read = await readAccessToken(token, (kid) => signingKeys.findAccepted(environment, kid, now))
  if (read === undefined) {
    throw new PosternError(
      'token_invalid',
      'This is not an access token that this environment has issued. Fetch one from its token endpoint and send it unchanged.',
    )
  }
  cache.add(token, read)
  return read
}

const at = (seconds: number) => new Date(seconds * 1000).toISOString()
