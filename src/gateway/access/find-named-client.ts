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
 * Finds the API credentials that a request claims: as a client of the endpoints does, or by its unverified
 * access token. That suffices to tell an organization why its client is denied, and to know what must be
 * proven instead of a certificate. The body is read only if that can matter.
 */
export async function findNamedClient(
  { registry, tokens, catchUp }: NamedClientParts,
  exchange: Exchange,
): Promise<RegisteredClient | undefined> {
  const { environment } = exchange
  const mayMatter = isAnybodyExempt(registry, environment)
  const clientId = await findClientId(tokens, exchange, mayMatter)
  if (clientId === undefined) return undefined
  // The credentials may have just been created.
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
  // An unreadable body claims nothing; an allowed client gets that error when the body is needed.
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
