import { PosternError } from '../errors.ts'
import type { IssuerFacts } from './certificate-profile.ts'
import { clientCertificateRules } from './client-certificate-rules.ts'
import { readLintFacts } from './lint-facts.ts'

/** One rule that a planned certificate breaks. */
export interface LintFinding {
  rule: string
  /** Where the rule stands, e.g. `RFC 5280, 4.1.2.2`. */
  clause: string
  problem: string
}

/**
 * Every rule that a planned client certificate breaks; empty when it may be signed. It reads the planned
 * bytes themselves, so it would also notice a fault of the code that wrote them.
 */
export function lintClientCertificate(tbs: Uint8Array, issuer: IssuerFacts): LintFinding[] {
  const facts = readLintFacts(tbs)
  if (typeof facts === 'string') return [{ rule: 'readable', clause: 'RFC 5280, 4.1', problem: facts }]
  return clientCertificateRules.flatMap(({ rule, clause, findProblem }) => {
    const problem = findProblem(facts, issuer)
    return problem === undefined ? [] : [{ rule, clause, problem }]
  })
}

/** Throws `profile_violation` unless the planned client certificate keeps every rule; to be asked before a key signs. */
export function assertPlanIsSound(tbs: Uint8Array, issuer: IssuerFacts): void {
  const findings = lintClientCertificate(tbs, issuer)
  if (findings.length === 0) return
  throw new PosternError(
    'profile_violation',
    'The planned certificate breaks a rule of its profile, so it was not signed. Tell the operator.',
    { detail: findings.map(({ rule, clause, problem }) => `${rule} (${clause}): ${problem}`).join('; ') },
  )
}
