import { PosternError } from '../errors.ts'
import { randomOctets } from '../random-octets.ts'
import type { TokenRequest } from '../shapes/token-request.ts'
import { signAccessToken } from './access-token.ts'
import type { AuthenticateDependencies } from './authenticate-client.ts'
import type { EndpointReply } from './endpoint-answer.ts'
import { OAuthError } from './oauth-error.ts'
import type { SigningKeys } from './signing-keys.ts'
import { authenticate, type Progress, readForm } from './token-request.ts'

/** The dependencies of token issuance. */
export interface IssueDependencies extends AuthenticateDependencies {
  signingKeys: SigningKeys
}

/** RFC 6749, section 5.1. */
export interface TokenReply {
  access_token: string
  token_type: 'Bearer'
  expires_in: number
  /** Omitted if the client has none: RFC 6749, section 3.3, has no empty scope. */
  scope?: string
}

/**
 * Issues a token by the client credentials grant (RFC 6749, section 4.4), bound to the client's certificate
 * (RFC 8705, section 3), or unbound if the client may call without one. Throws OAuthError, and `unavailable`
 * without a signing key.
 */
export async function issueToken(
  dependencies: IssueDependencies,
  request: TokenRequest,
): Promise<EndpointReply<TokenReply>> {
  const parameters = readForm(request)
  const client = await authenticate(dependencies, request, parameters)
  const progress = { ...request, parameters, client }
  requireGrantType(progress)
  assertTarget(progress)
  const scope = narrowScope(progress)
  const reply = await signToken(dependencies, progress, scope)
  return { reply, clientId: client.clientId, credentialId: client.credentialId }
}

/**
 * Checks the grant type (RFC 6749, section 4.4.2). A path that names the client implies the grant; a form has
 * to name it.
 */
function requireGrantType({ parameters, pathClientId, client }: Progress): void {
  const grantType = parameters.get('grant_type') ?? (pathClientId && 'client_credentials')
  if (grantType === undefined)
    throw new OAuthError(
      'invalid_request',
      'grant_type is missing; send grant_type=client_credentials.',
      client,
    )
  if (grantType !== 'client_credentials')
    throw new OAuthError('unsupported_grant_type', 'Only grant_type=client_credentials is supported.', client)
}

/**
 * Checks the resource (RFC 8707, section 2): the token is valid for this gateway only, whatever path the
 * client intends to call. Throws `invalid_target` for any other resource, and for a value that is not an
 * absolute URI without a fragment.
 */
function assertTarget({ parameters, client, issuer }: Progress): void {
  const resource = parameters.get('resource')
  if (resource === undefined || isBelow(resource, issuer.url)) return
  throw new OAuthError(
    'invalid_target',
    `Tokens of this environment are for ${issuer.url} alone. Leave the parameter resource out, or send that address.`,
    client,
  )
}

function isBelow(resource: string, base: string): boolean {
  if (resource.includes('#') || !URL.canParse(resource)) return false
  const [asked, own] = [new URL(resource), new URL(base)]
  const isWithin = `${asked.pathname.replace(/\/$/, '')}/`.startsWith(`${own.pathname.replace(/\/$/, '')}/`)
  return asked.origin === own.origin && asked.username === '' && asked.password === '' && isWithin
}

/**
 * RFC 6749, section 3.3: names of printable ASCII without quotation marks and backslashes, separated by one
 * space.
 */
const scopeSyntax = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/

/**
 * Returns the granted scope (RFC 6749, section 3.3): the requested scope must be part of the client's scope;
 * without a request it is all of it.
 */
function narrowScope({ parameters, client, issuer }: Progress): string {
  const granted = client.scopes ?? issuer.scopes
  const scope = parameters.get('scope')
  if (scope !== undefined && !scopeSyntax.test(scope)) {
    throw new OAuthError(
      'invalid_scope',
      'The parameter scope is not a list of scopes with one space between two. Send their names alone.',
      client,
    )
  }
  const asked = scope?.split(' ') ?? granted
  if (!asked.every((scope) => granted.includes(scope))) {
    throw new OAuthError(
      'invalid_scope',
      `These API credentials have the scopes ${granted.join(' ') || '(none)'}; ask for some of them, or for none to get all.`,
      client,
    )
  }
  return [...new Set(asked)].join(' ')
}

async function signToken(
  { signingKeys }: IssueDependencies,
  { issuer, client, peer: { certificate }, certificateEndsAt, now }: Progress,
  scope: string,
): Promise<TokenReply> {
  const issuedAt = Math.floor(now / 1000)
  const seconds = findLifetime({ issuer, client, certificateEndsAt }, issuedAt)
  const key = signingKeys.findSigning(issuer.environment, now)
  if (key === undefined)
    throw new PosternError(
      'unavailable',
      'This gateway has no key to sign tokens with yet. Try again in a moment.',
    )
  const access_token = await signAccessToken(key, {
    iss: issuer.url,
    aud: issuer.url,
    sub: client.clientId,
    client_id: client.clientId,
    jti: Buffer.from(randomOctets(16)).toString('base64url'),
    iat: issuedAt,
    exp: issuedAt + seconds,
    ...(scope !== '' && { scope }),
    ...(certificate && { cnf: { 'x5t#S256': certificate.thumbprint } }),
  })
  return { access_token, token_type: 'Bearer', expires_in: seconds, ...(scope !== '' && { scope }) }
}

/**
 * Returns the lifetime of a token, seconds: that of its environment, limited by the expiry of its
 * certificate.
 */
function findLifetime(
  { issuer, client, certificateEndsAt }: Pick<Progress, 'issuer' | 'client' | 'certificateEndsAt'>,
  issuedAt: number,
): number {
  if (certificateEndsAt === null) return issuer.tokenSeconds
  const left = Math.floor(certificateEndsAt / 1000) - issuedAt
  if (left > 0) return Math.min(issuer.tokenSeconds, left)
  throw new OAuthError(
    'invalid_client',
    'The client certificate ends within this second, so that an access token would have no lifetime. Create a new certificate in the portal and install it.',
    { ...client, code: 'certificate_expired' },
  )
}
