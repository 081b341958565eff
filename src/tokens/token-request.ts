import type { Client } from '../shapes/client.ts'
import type { TokenRequest } from '../shapes/token-request.ts'
import { type AuthenticateParts, authenticateClient } from './authenticate-client.ts'
import { OAuthError } from './oauth-error.ts'
import { type ClientAuthentication, readClientAuthentication } from './read-client-authentication.ts'
import { readParameters } from './read-parameters.ts'

/** What the steps of an endpoint find out, one after the other. */
export interface Progress extends TokenRequest {
  parameters: ReadonlyMap<string, string>
  client: Client
}

/** Reads the form (RFC 6749, 3.2). With the client id in the path there may be JSON, or nothing at all. */
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

/** Finds out who asks, and whether they are who they say (RFC 6749, 2.3; RFC 8705, 2.1). */
export function authenticate(
  parts: AuthenticateParts,
  request: TokenRequest,
  parameters: ReadonlyMap<string, string>,
): Promise<Client> {
  const { caller, clientAddress, issuer, now } = request
  return authenticateClient(parts, authenticationOf(request, parameters), {
    caller,
    clientAddress,
    issuer,
    now,
  })
}

/** The client that a request says it is from, where that can be read; it has proven nothing. */
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
