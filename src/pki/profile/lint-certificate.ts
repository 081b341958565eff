import { PosternError } from '../../errors.ts'
import { auditCertificateRules } from './audit-certificate-rules.ts'
import type { IssuerFacts } from './certificate-profile.ts'
import { clientCertificateRules } from './client-certificate-rules.ts'
import { readLintFacts } from './lint-facts.ts'
import type { LintRule } from './lint-rule.ts'
import { responderCertificateRules } from './responder-certificate-rules.ts'

/** One rule that a planned certificate breaks. */
export interface LintFinding {
  rule: string
  /** Where the rule stands, e.g. `RFC 5280, 4.1.2.2`. */
  clause: string
  problem: string
}

/** What is planned: each kind of certificate has rules of its own. */
export type PlanKind = 'client' | 'responder' | 'audit'

const rulesOf: Record<PlanKind, readonly LintRule[]> = {
  client: clientCertificateRules,
  responder: responderCertificateRules,
  audit: auditCertificateRules,
}

/**
 * Every rule that a planned certificate breaks; empty when it may be signed. It reads the planned
 * bytes themselves, so it would also notice a fault of the code that wrote them.
 */
export function lintCertificate(kind: PlanKind, tbs: Uint8Array, issuer: IssuerFacts): LintFinding[] {
  const facts = readLintFacts(tbs)
  if (typeof facts === 'string') return [{ rule: 'readable', clause: 'RFC 5280, 4.1', problem: facts }]
  return rulesOf[kind].flatMap(({ rule, clause, findProblem }) => {
    const problem = findProblem(facts, issuer)
    return problem === undefined ? [] : [{ rule, clause, problem }]
  })
}

/** Throws `profile_violation` unless the planned certificate keeps every rule; to be asked before a key signs. */
export function assertPlanIsSound(kind: PlanKind, tbs: Uint8Array, issuer: IssuerFacts): void {
  const findings = lintCertificate(kind, tbs, issuer)
  if (findings.length === 0) return
  throw new PosternError(
    'profile_violation',
    'The planned certificate breaks a rule of its profile, so it was not signed. Tell the operator.',
    { detail: findings.map(({ rule, clause, problem }) => `${rule} (${clause}): ${problem}`).join('; ') },
  )
}
