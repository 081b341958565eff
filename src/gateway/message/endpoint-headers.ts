import type { IncomingMessage } from 'node:http'
import { PosternError } from '../../errors.ts'
import { isRepeated } from './is-repeated.ts'

/** The fields that the OAuth endpoints read, each of which may come once. */
const endpointFields = ['authorization', 'x-api-key', 'content-type'] as const

/** Returns the headers that the endpoints read. */
export function getEndpointHeaders({ headers }: Pick<IncomingMessage, 'headers'>) {
  const { authorization, 'x-api-key': apiKey, 'content-type': contentType } = headers
  return {
    authorization,
    'x-api-key': Array.isArray(apiKey) ? apiKey.join(', ') : apiKey,
    'content-type': contentType,
  }
}

/** Throws `bad_request` where one of the headers that the endpoints read comes more than once. */
export function assertEndpointHeaders({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): void {
  for (const field of endpointFields)
    if (isRepeated(rawHeaders, field))
      throw new PosternError('bad_request', `The header ${field} comes more than once. Send it once.`)
}
