import { PosternError } from '../errors.ts'
import type { ActiveToken, TokenClaims } from '../shapes/active-token.ts'
import { type Client, mayBeUsedWith } from '../shapes/client.ts'
import type { Peer, PeerCertificate } from '../shapes/peer.ts'
import { readAccessToken } from './access-token.ts'
import type { SigningKeys } from './signing-keys.ts'
import type { TokenCache, VerifiedToken } from './token-cache.ts'

/** The dependencies of token verification. */
export interface VerifyDependencies {
  signingKeys: SigningKeys
  cache: TokenCache
  findClient(clientId: string): Client | undefined
  /** Reads the changes up to now. */
  catchUp(): Promise<void>
  isTokenRevoked(tokenId: string): boolean
}

/** Tolerated difference of gateway clocks. */
const leewayMs = 60_000
const day = 86_400_000

/** The issuer to which a token is presented, and the time (milliseconds since 1970). */
export interface TokenUse {
  issuer: { environment: string; url: string }
  now: number
  /** Whether the clock here or at the issuer may be wrong by up to a day, as for a token revocation. */
  isClockDoubtful?: boolean
}

/**
 * Returns the token if it is one of ours and valid now. The signature is verified once; expiry, revocation,
 * key and credentials are checked each time. Does not check the binding: see {@link assertBound}. Throws
 * `token_invalid`, `token_expired`, `token_not_yet_valid` or `token_revoked`.
 */
export async function verifyAccessToken(
  dependencies: VerifyDependencies,
  token: string,
  { issuer, now, isClockDoubtful = false }: TokenUse,
): Promise<ActiveToken> {
  const kept = dependencies.cache.find(token)
  const verified = kept ?? (await readGenuine(dependencies, token, issuer.environment, now))
  const { claims, keyId } = verified
  if (claims.iss !== issuer.url || claims.aud !== issuer.url)
    throw new PosternError(
      'token_invalid',
      'This access token was issued by another environment. Get a token from this environment’s token endpoint.',
    )
  if (dependencies.signingKeys.findAccepted(issuer.environment, keyId, now) === undefined)
    throw new PosternError(
      'token_invalid',
      'The key that signed this access token is out of use. Fetch a new one.',
    )
  const [latest, earliest] = isClockDoubtful ? [now - day, Number.POSITIVE_INFINITY] : [now, now]
  if (latest >= claims.exp * 1000) {
    dependencies.cache.remove(token)
    throw new PosternError(
      'token_expired',
      `This access token expired at ${at(claims.exp)}. Fetch a new one.`,
    )
  }
  // A token from a gateway with a wrong clock would be valid for too long.
  if (claims.iat * 1000 > earliest + leewayMs)
    throw new PosternError(
      'token_not_yet_valid',
      `This access token was issued at ${at(claims.iat)}, which is in the future here. A clock of the provider is wrong. Get a new token; if the error persists, tell the provider.`,
    )
  // Another gateway may have issued the token to very new credentials.
  if (dependencies.findClient(claims.client_id) === undefined) await dependencies.catchUp()
  const use = { clientId: claims.client_id, environment: issuer.environment }
  // Only a valid token is cached, once its organization is known.
  if (kept === undefined) dependencies.cache.add(token, verified, getClient(dependencies, use).organizationId)
  return reviewAccessToken(dependencies, claims, use)
}

/**
 * Returns a genuine token with its credentials and their present permissions. Throws `token_revoked` if it or
 * they have been revoked; does not check expiry.
 */
export function reviewAccessToken<Claims extends Pick<TokenClaims, 'jti' | 'scope'>>(
  dependencies: Pick<VerifyDependencies, 'isTokenRevoked' | 'findClient'>,
  claims: Claims,
  use: { clientId: string; environment: string },
): { claims: Claims; client: Client } {
  const client = getClient(dependencies, use)
  if (dependencies.isTokenRevoked(claims.jti))
    throw new PosternError('token_revoked', 'This access token was revoked. Fetch a new one.')
  return { claims: keepGranted(claims, client), client }
}

function getClient(
  { findClient }: Pick<VerifyDependencies, 'findClient'>,
  { clientId, environment }: { clientId: string; environment: string },
): Client {
  const client = findClient(clientId)
  if (client !== undefined && client.environment === environment) return client
  throw new PosternError(
    'token_revoked',
    'The API credentials of this access token were deleted. Use others.',
  )
}

/** Returns what the credentials may still do of the permissions at issuance. */
function keepGranted<Claims extends Pick<TokenClaims, 'scope'>>(claims: Claims, { scopes }: Client): Claims {
  if (scopes === null) return claims
  const granted = claims.scope.split(' ')
  if (granted.every((scope) => scopes.includes(scope))) return claims
  return { ...claims, scope: granted.filter((scope) => scopes.includes(scope)).join(' ') }
}

/**
 * Throws `token_certificate_mismatch` unless the client may use the token: the token belongs to its
 * organization and is bound to the certificate of this connection (RFC 8705, section 3), with which the
 * credentials may be used. An unbound token is accepted if no binding is required.
 */
export function assertBound(
  { claims, client }: { claims: Pick<TokenClaims, 'cnf'>; client: BindingClient },
  peer: Peer,
): void {
  const problem = findBindingProblem(claims.cnf, client, peer)
  if (problem !== undefined) throw new PosternError('token_certificate_mismatch', problem)
}

/**
 * Returns whether any client can use a valid token: a bound token with its certificate, if that is valid, and
 * an unbound one without a certificate. Does not check client address and required scope.
 */
export function isUsable(
  { claims, client }: ActiveToken,
  { environment, now }: { environment: string; now: number },
  { findCertificate, isBindingRequired }: UseDependencies,
): boolean {
  const thumbprint = claims.cnf?.['x5t#S256']
  const certificate = thumbprint === undefined ? undefined : findCertificate(thumbprint, environment, now)
  if (thumbprint !== undefined && certificate === undefined) return false
  const organizationId = certificate?.organizationId ?? client.organizationId
  const peer = {
    organizationId,
    isBindingRequired: isBindingRequired(organizationId, environment),
    certificate,
  }
  return findBindingProblem(claims.cnf, client, peer) === undefined
}

/** The dependencies of checks without a present client. */
export interface UseDependencies {
  /** Returns a currently accepted certificate by its `x5t#S256`. */
  findCertificate(
    thumbprint: string,
    environment: string,
    now: number,
  ): { id: string; name: string; thumbprint: string; organizationId: string } | undefined
  /** Returns whether an organization needs a certificate at this time. */
  isBindingRequired(organizationId: string, environment: string): boolean
}

function findBindingProblem(
  cnf: TokenClaims['cnf'],
  client: BindingClient,
  { organizationId, isBindingRequired, certificate }: BindingPeer,
): string | undefined {
  const isOwn = client.organizationId === organizationId
  if (cnf === undefined && isBindingRequired)
    return 'This access token is unbound, because it was issued without a client certificate. A certificate is now required. Get a new token with your certificate.'
  if (certificate === undefined) {
    if (cnf !== undefined)
      return 'This access token is certificate-bound, but no accepted certificate was presented. Present the certificate that the token was issued with.'
    if (!isOwn)
      return 'This access token belongs to a different organization than this connection. Get a token with API credentials of this organization.'
    return mayBeUsedWith(client, certificate)
      ? undefined
      : 'The API credentials of this access token can be used only with their allowed certificates. Present one of them.'
  }
  if (!isOwn && cnf === undefined)
    return `This access token belongs to a different organization than the certificate ${certificate.name}. Get a token with API credentials of the organization of ${certificate.name}.`
  if (!isOwn || (cnf !== undefined && cnf['x5t#S256'] !== certificate.thumbprint))
    return `This access token is bound to a different certificate. The connection uses ${certificate.name}. Get a new token with ${certificate.name}.`
  return mayBeUsedWith(client, certificate)
    ? undefined
    : `The API credentials of this access token cannot be used with ${certificate.name}. Use one of their allowed certificates.`
}

type BindingClient = Pick<Client, 'organizationId' | 'certificateIds'>
type BindingPeer = Pick<Peer, 'organizationId' | 'isBindingRequired'> & {
  certificate: Pick<PeerCertificate, 'id' | 'name' | 'thumbprint'> | undefined
}

async function readGenuine(
  { signingKeys }: VerifyDependencies,
  token: string,
  environment: string,
  now: number,
): Promise<VerifiedToken> {
  const read = await readAccessToken(token, (kid) => signingKeys.findAccepted(environment, kid, now))
  if (read === undefined) {
    throw new PosternError(
      'token_invalid',
      'This access token was not issued by this environment, or it was modified. Get a token from this environment’s token endpoint and send it unchanged.',
    )
  }
  return read
}

const at = (seconds: number) => new Date(seconds * 1000).toISOString()
