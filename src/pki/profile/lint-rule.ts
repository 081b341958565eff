import type { IssuerFacts } from './certificate-profile.ts'
import type { LintFacts } from './lint-facts.ts'

/** A rule and how to find out what breaks it; `undefined` when nothing does. */
export interface LintRule {
  rule: string
  /** Where the rule stands, e.g. `RFC 5280, 4.1.2.2`. */
  clause: string
  findProblem: (facts: LintFacts, issuer: IssuerFacts) => string | undefined
}

/** `problem` when the rule is not kept. */
export const unless = (isKept: boolean, problem: string): string | undefined => (isKept ? undefined : problem)
