import { PosternError } from '../../errors.ts'

/** A rule and how to find out what breaks it in what was read of some DER; `undefined` when nothing does. */
export interface LintRule<Details, Signatory> {
  rule: string
  /** The clause of the rule, for example `RFC 5280, 4.1.2.2`. */
  clause: string
  findProblem: (details: Details, signatory: Signatory) => string | undefined
}

/** One rule that is broken. */
export interface LintFinding {
  rule: string
  /** Where the rule stands, e.g. `RFC 5280, 4.1.2.2`. */
  clause: string
  problem: string
}

/** Returns `problem` if the rule is violated. */
export const unless = (isKept: boolean, problem: string): string | undefined => (isKept ? undefined : problem)

/** Every rule that `facts` break when `signatory` signs; empty where there is none. */
export const findBrokenRules = <Details, Signatory>(
  rules: readonly LintRule<Details, Signatory>[],
  details: Details,
  signatory: Signatory,
): LintFinding[] =>
  rules.flatMap(({ rule, clause, findProblem }) => {
    const problem = findProblem(details, signatory)
    return problem === undefined ? [] : [{ rule, clause, problem }]
  })

/** The finding about octets that are not even what they should be. */
export const unreadable = (clause: string, problem: string): LintFinding[] => [
  { rule: 'readable', clause, problem },
]

/** What `read` gives, or the sentence of the PosternError that it throws. */
export function readOrExplain<Details>(read: () => Details): Details | string {
  try {
    return read()
  } catch (error) {
    if (error instanceof PosternError) return error.message
    throw error
  }
}

/** Throws `profile_violation` when there is any finding; `what` names what was to be signed. */
export function assertNoFindings(what: string, findings: readonly LintFinding[]): void {
  if (findings.length === 0) return
  throw new PosternError(
    'profile_violation',
    `${what} breaks a rule of its profile, so it was not signed. Tell the operator.`,
    { detail: findings.map(({ rule, clause, problem }) => `${rule} (${clause}): ${problem}`).join('; ') },
  )
}
