import { readSettings } from '../config/read-settings.ts'
import { toConfig } from '../config/to-config.ts'
import { PosternError } from '../errors.ts'
import { proxyLists, type ReverseProxyName } from '../gateway/authorizer/render-proxy-list.ts'

/**
 * Prints the configuration file of a reverse proxy with the headers that a client may not send, including the
 * configured ones. Returns the exit code; throws `not_found` for an unknown reverse proxy.
 */
export function printProxyList(reverseProxy: string): number {
  if (!Object.hasOwn(proxyLists, reverseProxy)) {
    throw new PosternError(
      'not_found',
      `There is no edge ${reverseProxy}. Name one of ${Object.keys(proxyLists).join(', ')}.`,
    )
  }
  const { gateway } = toConfig(readSettings())
  process.stdout.write(proxyLists[reverseProxy as ReverseProxyName].render(gateway.reservedHeaders))
  return 0
}
