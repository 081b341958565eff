import type { ActiveToken } from '../../shapes/active-token.ts'
import type { ClientAccess } from '../decision/access-decision.ts'
import { explainDenial } from '../decision/explain-denial.ts'
import type { Readiness } from '../request-context/findings.ts'
import type { RequestContext } from '../request-context/request-context.ts'

/**
 * What would become of a call that passes if a certificate were required of its organization, where that is observed:
 * what is counted are calls that work today.
 */
export function findReadiness(
  { environment, connection, now }: RequestContext,
  { policy, organizationId, unenforcedDenial }: ClientAccess,
  live?: Pick<ActiveToken, 'claims'>,
): Readiness | undefined {
  if (policy.mode !== 'observe') return undefined
  const note = { organizationId, since: policy.since }
  if (unenforcedDenial !== undefined) {
    const explanation = explainDenial(unenforcedDenial, connection.presented, {
      environment: environment.name,
      now,
    })
    return { ...note, code: unenforcedDenial.code, explanation }
  }
  if (live !== undefined && live.claims.cnf === undefined)
    return { ...note, code: 'token_certificate_mismatch', explanation: unbound }
  return { ...note, code: null, explanation: null }
}

const unbound =
  'The access token is unbound, because it was issued without a client certificate. Present the certificate in the token request too.'
