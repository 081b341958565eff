import { PosternError } from '../../errors.ts'
import { getHostName } from '../environment/gateway-environment.ts'
import type { RequestContext } from '../request-context/request-context.ts'

/**
 * Throws `wrong_host` unless the name in the request is one of `hosts`, and the same that the handshake was for
 * (RFC 9110, 7.4).
 */
export function assertHost({ request, connection }: RequestContext, hosts: ReadonlySet<string>): void {
  // An HTTP/1.0 client need not send a host; its handshake names it.
  const unsaid = request.httpVersionMinor === 0 ? connection.serverName : undefined
  const { ':authority': authority, host = authority ?? unsaid } = request.headers
  const name = getHostName(String(authority ?? host ?? ''))
  const isNamedTwice = authority !== undefined && getHostName(String(host)) !== name
  const isHandshakes = connection.serverName === null || connection.serverName.toLowerCase() === name
  if (hosts.has(name) && isHandshakes && !isNamedTwice) return
  throw new PosternError(
    'wrong_host',
    connection.serverName === null
      ? 'The client sent no server name (SNI), so the gateway cannot serve the requested host. Use the address shown in the portal and a client that sends SNI.'
      : 'This gateway does not serve the requested host name. Use the address shown in the portal and do not override the Host header.',
  )
}
