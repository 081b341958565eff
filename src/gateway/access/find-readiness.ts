import type { LiveToken } from '../../shapes/live-token.ts'
import type { ClientAccess } from '../decision/access-decision.ts'
import { explainRefusal } from '../decision/explain-refusal.ts'
import type { Exchange } from '../request-context/exchange.ts'
import type { Readiness } from '../request-context/findings.ts'

/**
 * What would become of a call that passes if a certificate were required of its organization, where that is observed:
 * what is counted are calls that work today.
 */
export function findReadiness(
  { environment, connection }: Exchange,
  { plan, organizationId, unenforcedDenial }: ClientAccess,
  live?: Pick<LiveToken, 'claims'>,
): Readiness | undefined {
  if (plan.mode !== 'observe') return undefined
  const note = { organizationId, since: plan.since }
  if (unenforcedDenial !== undefined) {
    const explanation = explainRefusal(unenforcedDenial, connection.presented, environment.name)
    return { ...note, code: unenforcedDenial.code, explanation }
  }
  if (live !== undefined && live.claims.cnf === undefined)
    return { ...note, code: 'token_certificate_mismatch', explanation: unbound }
  return { ...note, code: null, explanation: null }
}

const unbound =
  'The access token was fetched without a client certificate, so it is bound to none. Send the certificate when you fetch the token too.'
