import { decodeBase64url } from '../decode-base64.ts'
import { PosternError } from '../errors.ts'
import { findEndpoint } from './answer-endpoint.ts'
import { findBearerToken } from './caller.ts'
import { type Exchange, endpointHeadersOf } from './exchange.ts'
import { isAnybodyExempt } from './find-plan.ts'
import type { GatewayEnvironment } from './gateway-environment.ts'
import type { GatewayParts } from './gateway-parts.ts'
import { readBody } from './read-body.ts'
import type { RegisteredClient } from './registered-parties.ts'

const mostTokenCharacters = 4096
const empty = new Uint8Array()

/**
 * The API credentials that a request names without having proven them: as a client of the endpoints does, or by
 * its access token, which nobody has verified. Good enough to tell an organization why its caller is refused, and
 * what would have to be proven instead of a certificate. The body is read only where that may matter.
 */
export async function findNamedClient(
  { registry, tokens, catchUp }: Pick<GatewayParts, 'registry' | 'tokens' | 'catchUp'>,
  environment: GatewayEnvironment,
  exchange: Exchange,
): Promise<RegisteredClient | undefined> {
  const mayMatter = isAnybodyExempt(registry, environment)
  const clientId = await findClientId(tokens, exchange, mayMatter)
  if (clientId === undefined) return undefined
  // Credentials may have been created a moment ago.
  if (mayMatter && registry.findClient(clientId) === undefined) await catchUp()
  const client = registry.findClient(clientId)
  return client?.environment === environment.name ? client : undefined
}

async function findClientId(
  tokens: GatewayParts['tokens'],
  exchange: Exchange,
  mayMatter: boolean,
): Promise<string | undefined> {
  const endpoint = findEndpoint(exchange.path)
  if (endpoint === undefined) return readTokenClient(exchange)
  const { pathClientId } = endpoint
  // A body that cannot be had names nobody; whoever may go on is told of it when it is wanted.
  const body = mayMatter && exchange.method === 'POST' ? await readBody(exchange).catch(toEmpty) : empty
  return tokens.findClientId({ headers: endpointHeadersOf(exchange), pathClientId, body })
}

function toEmpty(error: unknown): Uint8Array {
  if (error instanceof PosternError) return empty
  throw error
}

function readTokenClient(exchange: Exchange): string | undefined {
  const token = findBearerToken(exchange)
  if (token === undefined || token.length > mostTokenCharacters) return undefined
  try {
    const claims = JSON.parse(decodeBase64url(token.split('.')[1] ?? '')?.toString('utf8') ?? '')
    return typeof claims?.client_id === 'string' ? claims.client_id : undefined
  } catch {
    return undefined
  }
}
