import type { Client } from '../shapes/client.ts'
import type { TokenRequest } from '../shapes/token-request.ts'
import { type AuthenticateDependencies, authenticateClient } from './authenticate-client.ts'
import { OAuthError } from './oauth-error.ts'
import { type ClientAuthentication, readClientAuthentication } from './read-client-authentication.ts'
import { readParameters } from './read-parameters.ts'

/** The results of an endpoint's steps, in order. */
export interface Progress extends TokenRequest {
  parameters: ReadonlyMap<string, string>
  client: Client
}

/** Reads the form (RFC 6749, section 3.2). With the client ID in the path the body may be JSON or empty. */
export const readForm = (
  request: Pick<TokenRequest, 'headers' | 'pathClientId' | 'body'>,
): ReadonlyMap<string, string> =>
  readParameters(request.body, request.headers['content-type'], {
    acceptsJson: request.pathClientId !== undefined,
  })

const authenticationOf = (
  { headers, pathClientId }: Pick<TokenRequest, 'headers' | 'pathClientId'>,
  parameters: ReadonlyMap<string, string>,
): ClientAuthentication =>
  readClientAuthentication({
    authorization: headers.authorization,
    apiKey: headers['x-api-key'],
    pathClientId,
    parameters,
  })

/** Identifies and authenticates the client (RFC 6749, section 2.3; RFC 8705, section 2.1). */
export function authenticate(
  dependencies: AuthenticateDependencies,
  request: TokenRequest,
  parameters: ReadonlyMap<string, string>,
): Promise<Client> {
  const { peer, clientAddress, issuer, now } = request
  return authenticateClient(dependencies, authenticationOf(request, parameters), {
    peer,
    clientAddress,
    issuer,
    now,
  })
}

/** Returns the client ID that a request claims, if it is readable; it is not authenticated. */
export function findClientId(
  request: Pick<TokenRequest, 'headers' | 'pathClientId' | 'body'>,
): string | undefined {
  try {
    return authenticationOf(request, readForm(request)).clientId
  } catch (error) {
    if (error instanceof OAuthError) return undefined
    throw error
  }
}
