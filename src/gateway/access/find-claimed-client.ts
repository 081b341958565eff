import { decodeBase64url } from '../../decode-base64.ts'
import { PosternError } from '../../errors.ts'
import { findEndpoint } from '../environment/own-addresses.ts'
import { getEndpointHeaders } from '../message/endpoint-headers.ts'
import { readBody } from '../message/read-body.ts'
import { hasExemptClients } from '../registry/find-policy.ts'
import type { RegisteredClient } from '../registry/registered-parties.ts'
import type { Registry } from '../registry/registry.ts'
import type { RequestContext } from '../request-context/request-context.ts'
import { findBearerToken } from './peer.ts'
import type { TokenDependencies } from './token-dependencies.ts'

/** What is asked about the client that a request names. */
export interface ClaimedClientDependencies {
  registry: Pick<Registry, 'findClient' | 'hasExemption'>
  tokens: Pick<TokenDependencies, 'findClientId'>
  /** Puts in force what the store has by now, before something is denied because it is not known. */
  catchUp(): Promise<void>
}

const maxTokenCharacters = 4096
const empty = new Uint8Array()

/**
 * Finds the API credentials that a request claims: as a client of the endpoints does, or by its unverified
 * access token. That suffices to tell an organization why its client is denied, and to know what must be
 * proven instead of a certificate. The body is read only if that can matter.
 */
export async function findClaimedClient(
  { registry, tokens, catchUp }: ClaimedClientDependencies,
  context: RequestContext,
): Promise<RegisteredClient | undefined> {
  const { environment } = context
  const mayMatter = hasExemptClients(registry, environment)
  const clientId = await findClientId(tokens, context, mayMatter)
  if (clientId === undefined) return undefined
  // The credentials may have just been created.
  if (mayMatter && registry.findClient(clientId) === undefined) await catchUp()
  const client = registry.findClient(clientId)
  return client?.environment === environment.name ? client : undefined
}

async function findClientId(
  tokens: ClaimedClientDependencies['tokens'],
  context: RequestContext,
  mayMatter: boolean,
): Promise<string | undefined> {
  const endpoint = findEndpoint(context.path)
  if (endpoint === undefined) return readClaimedClient(context)
  const { pathClientId } = endpoint
  // An unreadable body claims nothing; an allowed client gets that error when the body is needed.
  const body = mayMatter && context.method === 'POST' ? await readBody(context).catch(toEmpty) : empty
  return tokens.findClientId({ headers: getEndpointHeaders(context.request), pathClientId, body })
}

function toEmpty(error: unknown): Uint8Array {
  if (error instanceof PosternError) return empty
  throw error
}

function readClaimedClient(context: RequestContext): string | undefined {
  const token = findBearerToken(context)
  if (token === undefined || token.length > maxTokenCharacters) return undefined
  try {
    const claims = JSON.parse(decodeBase64url(token.split('.')[1] ?? '')?.toString('utf8') ?? '')
    return typeof claims?.client_id === 'string' ? claims.client_id : undefined
  } catch {
    return undefined
  }
}
