import { PosternError } from '../../errors.ts'
import { singleFields } from '../../shapes/identity-headers.ts'
import type { RequestContext } from '../request-context/request-context.ts'
import type { ReverseProxy } from './proxies.ts'

/**
 * The headers that every proxy sets in its authorization request, replacing those of the client. All other
 * names of the table must already be removed.
 */
const writtenByProxies = new Set([
  'postern-client-cert',
  'postern-tls-version',
  'postern-tls-cipher',
  'postern-authorizer-secret',
  'x-forwarded-tls-client-cert',
  'x-forwarded-method',
  'x-forwarded-uri',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-forwarded-server',
  'x-real-ip',
])

/**
 * Throws `bad_request` for a request that the upstream could read as another one: with two access tokens,
 * another repeated singleton field, or an identity header that the proxy has not removed.
 */
export function assertAuthorizationRequest(
  { request: { rawHeaders } }: RequestContext,
  { showsHeaders }: ReverseProxy,
  isReserved: (name: string) => boolean,
): void {
  const seen = new Set<string>()
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase()
    if (singleFields.has(name)) {
      if (seen.has(name))
        throw new PosternError('bad_request', `The header ${name} comes more than once. Send it once.`)
      seen.add(name)
    }
    if (showsHeaders && !writtenByProxies.has(name) && isReserved(name)) {
      throw new PosternError(
        'bad_request',
        `The header ${name.slice(0, 100)} is one by which proxies tell an API who calls. Leave it out.`,
      )
    }
  }
}
