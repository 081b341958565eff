import { type AuthenticateParts, authenticateClient } from './authenticate-client.ts'
import type { CallerCertificate, Client, TokenIssuer } from './client.ts'
import { readClientAuthentication } from './read-client-authentication.ts'
import { readParameters } from './read-parameters.ts'

/** A request to an OAuth endpoint, from a caller whose certificate has been let in. */
export interface TokenRequest {
  issuer: TokenIssuer
  certificate: CallerCertificate
  clientAddress: string
  /** Milliseconds since 1970. */
  now: number
  headers: {
    authorization?: string | undefined
    'x-api-key'?: string | undefined
    'content-type'?: string | undefined
  }
  /** The client id in the path, where it stands there. */
  pathClientId?: string | undefined
  body: Uint8Array
}

/** What the steps of an endpoint find out, one after the other. */
export interface Progress extends TokenRequest {
  parameters: ReadonlyMap<string, string>
  client: Client
}

/** Reads the form (RFC 6749, 3.2). With the client id in the path there may be JSON, or nothing at all. */
export const readForm = (request: TokenRequest): ReadonlyMap<string, string> =>
  readParameters(request.body, request.headers['content-type'], {
    acceptsJson: request.pathClientId !== undefined,
  })

/** Finds out who asks, and whether they are who they say (RFC 6749, 2.3; RFC 8705, 2.1). */
export function authenticate(
  parts: AuthenticateParts,
  request: TokenRequest,
  parameters: ReadonlyMap<string, string>,
): Promise<Client> {
  const { headers, pathClientId, certificate, clientAddress, issuer, now } = request
  const authentication = readClientAuthentication({
    authorization: headers.authorization,
    apiKey: headers['x-api-key'],
    pathClientId,
    parameters,
  })
  return authenticateClient(parts, authentication, {
    certificate,
    clientAddress,
    environment: issuer.environment,
    now,
  })
}
