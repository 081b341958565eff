import { findEndpoint } from './answer-endpoint.ts'
import { findBearerToken } from './caller.ts'
import type { Exchange } from './exchange.ts'
import type { RegisteredClient, Registry } from './registry.ts'

const mostTokenCharacters = 8192

/**
 * The API credentials that a request names without having proven them: by the client id in its path, in
 * Basic credentials, or in its access token, which nobody has verified. Good enough to tell an organization
 * why its caller is refused, and for nothing else.
 */
export function findNamedClient(
  { findClient }: Pick<Registry, 'findClient'>,
  environment: string,
  exchange: Exchange,
): RegisteredClient | undefined {
  const named = [
    findEndpoint(exchange.path)?.pathClientId,
    readBasicUser(exchange),
    readTokenClient(exchange),
  ]
  return named
    .map((clientId) => (clientId === undefined ? undefined : findClient(clientId)))
    .find((client) => client?.environment === environment)
}

function readBasicUser({ request }: Exchange): string | undefined {
  const [, encoded] = /^basic +([\w+/-]{1,1024}=*) *$/i.exec(request.headers.authorization ?? '') ?? []
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8').split(':')[0]
}

function readTokenClient(exchange: Exchange): string | undefined {
  const token = findBearerToken(exchange)
  if (token === undefined || token.length > mostTokenCharacters) return undefined
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
    return typeof claims?.client_id === 'string' ? claims.client_id : undefined
  } catch {
    return undefined
  }
}
