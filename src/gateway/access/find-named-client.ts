import { decodeBase64url } from '../../decode-base64.ts'
import { PosternError } from '../../errors.ts'
import { findEndpoint } from '../environment/own-addresses.ts'
import { endpointHeadersOf } from '../message/endpoint-headers.ts'
import { readBody } from '../message/read-body.ts'
import { isAnybodyExempt } from '../registry/find-plan.ts'
import type { RegisteredClient } from '../registry/registered-parties.ts'
import type { Registry } from '../registry/registry.ts'
import type { Exchange } from '../request-context/exchange.ts'
import { findBearerToken } from './caller.ts'
import type { TokenParts } from './token-parts.ts'

/** What is asked about the client that a request names. */
export interface NamedClientParts {
  registry: Pick<Registry, 'findClient' | 'hasExemption'>
  tokens: Pick<TokenParts, 'findClientId'>
  /** Puts in force what the store has by now, before something is denied because it is not known. */
  catchUp(): Promise<void>
}

const mostTokenCharacters = 4096
const empty = new Uint8Array()

/**
 * The API credentials that a request names without having proven them: as a client of the endpoints does, or by
 * its access token, which nobody has verified. Good enough to tell an organization why its caller is refused, and
 * what would have to be proven instead of a certificate. The body is read only where that may matter.
 */
export async function findNamedClient(
  { registry, tokens, catchUp }: NamedClientParts,
  exchange: Exchange,
): Promise<RegisteredClient | undefined> {
  const { environment } = exchange
  const mayMatter = isAnybodyExempt(registry, environment)
  const clientId = await findClientId(tokens, exchange, mayMatter)
  if (clientId === undefined) return undefined
  // Credentials may have been created a moment ago.
  if (mayMatter && registry.findClient(clientId) === undefined) await catchUp()
  const client = registry.findClient(clientId)
  return client?.environment === environment.name ? client : undefined
}

async function findClientId(
  tokens: NamedClientParts['tokens'],
  exchange: Exchange,
  mayMatter: boolean,
): Promise<string | undefined> {
  const endpoint = findEndpoint(exchange.path)
  if (endpoint === undefined) return readTokenClient(exchange)
  const { pathClientId } = endpoint
  // A body that cannot be had names nobody; whoever may go on is told of it when it is wanted.
  const body = mayMatter && exchange.method === 'POST' ? await readBody(exchange).catch(toEmpty) : empty
  return tokens.findClientId({ headers: endpointHeadersOf(exchange.request), pathClientId, body })
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
