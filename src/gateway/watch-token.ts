import type { Exchange } from './exchange.ts'
import { findPlan } from './find-plan.ts'
import type { GatewayEnvironment } from './gateway-environment.ts'
import type { GatewayParts } from './gateway-parts.ts'
import type { LiveToken } from './token-parts.ts'

const checkMilliseconds = 1000

/**
 * Breaks an answer without an end off, within a second, once its access token is revoked, its credentials
 * are gone, or it goes on without a certificate that its organization has come to need. That the token expires
 * meanwhile is no reason: it opened the stream while it was good.
 */
export function watchToken(
  { registry }: Pick<GatewayParts, 'registry'>,
  environment: GatewayEnvironment,
  { response, connection, certificate, upgradeHead }: Exchange,
  { claims, client }: LiveToken,
): void {
  const isBound = certificate !== undefined && claims.cnf !== undefined
  const mayGoOn = () =>
    registry.findClient(client.clientId) !== undefined &&
    !registry.isTokenRevoked(claims.jti) &&
    (isBound || findPlan(registry, environment, client.organizationId).mode !== 'enforce')
  const timer = setInterval(() => {
    if (mayGoOn()) return
    if (upgradeHead === undefined) response.destroy()
    else connection.socket.destroy()
  }, checkMilliseconds)
  response.once('close', () => clearInterval(timer))
}
