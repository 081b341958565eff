import { PosternError } from '../errors.ts'
import type { ActiveToken } from '../shapes/active-token.ts'
import type { TokenRequest } from '../shapes/token-request.ts'
import type { AuthenticateDependencies } from './authenticate-client.ts'
import type { EndpointReply } from './endpoint-answer.ts'
import { OAuthError } from './oauth-error.ts'
import { authenticate, readForm } from './token-request.ts'
import {
  isUsable,
  type TokenUse,
  type UseDependencies,
  type VerifyDependencies,
  verifyAccessToken,
} from './verify-access-token.ts'

/** RFC 7662, section 2.2. */
export type Introspection =
  | { active: false }
  | (Omit<ActiveToken['claims'], 'scope'> & { active: true; token_type: 'Bearer'; scope?: string })

/**
 * Returns the state of a token of the client's own organization (RFC 7662). Any other token looks like one
 * that does not exist. `active` means that a call with the token would be allowed now, from an allowed
 * address and within its scope. Throws OAuthError.
 */
export async function introspectToken(
  dependencies: AuthenticateDependencies & VerifyDependencies & UseDependencies,
  request: TokenRequest,
): Promise<EndpointReply<Introspection>> {
  const parameters = readForm(request)
  const { clientId, credentialId, organizationId } = await authenticate(dependencies, request, parameters)
  const live = await findActiveToken(dependencies, requireToken(parameters), request)
  const isOwn = live?.client.organizationId === organizationId
  const reply: Introspection =
    isOwn && (await isUsableNow(dependencies, live, request)) ? toIntrospection(live) : { active: false }
  return { reply, clientId, credentialId }
}

function toIntrospection({ claims: { scope, ...claims } }: ActiveToken): Introspection {
  return { active: true, token_type: 'Bearer', ...claims, ...(scope !== '' && { scope }) }
}

/** Returns whether the token is usable. The certificate may be very new, as in a call. */
async function isUsableNow(
  dependencies: VerifyDependencies & UseDependencies,
  live: ActiveToken,
  { issuer, now }: Pick<TokenRequest, 'issuer' | 'now'>,
): Promise<boolean> {
  const use = { environment: issuer.environment, now }
  if (isUsable(live, use, dependencies)) return true
  await dependencies.catchUp()
  const client = dependencies.findClient(live.client.clientId)
  return client !== undefined && isUsable({ ...live, client }, use, dependencies)
}

/** Returns the token of a request (RFC 7662, section 2.1; RFC 7009, section 2.1). */
export function requireToken(parameters: ReadonlyMap<string, string>): string {
  const token = parameters.get('token')
  if (token === undefined) throw new OAuthError('invalid_request', 'The parameter token is missing.')
  return token
}

/** Returns the token if it is valid now; undefined otherwise, for any reason. */
export async function findActiveToken(
  dependencies: VerifyDependencies,
  token: string,
  use: TokenUse,
): Promise<ActiveToken | undefined> {
  try {
    return await verifyAccessToken(dependencies, token, use)
  } catch (error) {
    if (error instanceof PosternError) return undefined
    throw error
  }
}
