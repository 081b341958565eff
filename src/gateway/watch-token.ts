import type { Exchange } from './exchange.ts'
import type { GatewayParts } from './gateway-parts.ts'
import type { LiveToken } from './token-parts.ts'

const checkMilliseconds = 1000

/**
 * Breaks an answer without an end off, within a second, once its access token is revoked or its credentials
 * are gone. That the token expires meanwhile is no reason: it opened the stream while it was good.
 */
export function watchToken(
  { registry }: Pick<GatewayParts, 'registry'>,
  { response, connection, upgradeHead }: Exchange,
  { claims, client }: LiveToken,
): void {
  const timer = setInterval(() => {
    if (registry.findClient(client.clientId) !== undefined && !registry.isTokenRevoked(claims.jti)) return
    if (upgradeHead === undefined) response.destroy()
    else connection.socket.destroy()
  }, checkMilliseconds)
  response.once('close', () => clearInterval(timer))
}
