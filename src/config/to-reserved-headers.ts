import { PosternError } from '../errors.ts'
import { createReservedMatcher } from '../shapes/identity-headers.ts'
import type { ConfigFile } from './config-file.ts'

/** The headers without which no call works. */
const needed = [
  ...['host', 'authorization', 'content-type', 'content-length', 'content-encoding', 'cookie', 'accept'],
  ...['user-agent', 'connection', 'upgrade', 'sec-websocket-key', 'transfer-encoding', 'x-api-key'],
]

/**
 * Returns the headers that operators reserve. Throws `config_invalid` for a pattern that matches a header
 * that every call needs.
 */
export function toReservedHeaders({ gateway: { reservedHeaders } }: ConfigFile): readonly string[] {
  for (const pattern of reservedHeaders) {
    const isReserved = createReservedMatcher([pattern])
    const taken = needed.find(isReserved)
    if (taken !== undefined) {
      throw new PosternError(
        'config_invalid',
        `gateway.reservedHeaders has ${pattern}, which would remove the header ${taken} of every call. Write the names out that you mean.`,
      )
    }
  }
  return reservedHeaders
}
