import type { LiveToken } from '../shapes/live-token.ts'
import type { Exchange } from './exchange.ts'
import { explainRefusal } from './explain-refusal.ts'
import type { GatewayEnvironment } from './gateway-environment.ts'

/**
 * Notes of a call that passes what would become of it if a certificate were required of its organization, where
 * that is observed: what is counted are calls that work today.
 */
export function noteReadiness(
  { name }: Pick<GatewayEnvironment, 'name'>,
  exchange: Exchange,
  live?: Pick<LiveToken, 'claims'>,
): void {
  const { plan, tolerated, certificate, connection } = exchange
  const organizationId = certificate?.organizationId ?? exchange.organizationId
  if (plan?.mode !== 'observe' || organizationId === null) return
  const note = { organizationId, since: plan.since }
  if (tolerated !== undefined) {
    const explanation = explainRefusal(tolerated, connection.presented, name)
    exchange.readiness = { ...note, code: tolerated.code, explanation }
  } else if (live !== undefined && live.claims.cnf === undefined) {
    exchange.readiness = { ...note, code: 'token_certificate_mismatch', explanation: unbound }
  } else exchange.readiness = { ...note, code: null, explanation: null }
}

const unbound =
  'The access token was fetched without a client certificate, so it is bound to none. Send the certificate when you fetch the token too.'
