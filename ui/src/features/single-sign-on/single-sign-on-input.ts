import type { z } from 'zod'
import { memberRoles } from '../../../../src/contract/roles.ts'
import type { NewSingleSignOn, SingleSignOnView } from '../../../../src/contract/single-sign-on.ts'

/** What the form of single sign-on holds. */
export interface SingleSignOnInput {
  issuer: string
  clientId: string
  clientSecret: string
  domains: string[]
  roleClaim: string
  /** Lines such as `payments-team = developer`. */
  roleLines: string
  /** Empty for no access. */
  defaultRole: string
  required: boolean
  passwordAdmins: string[]
  secondFactorValues: string[]
}

/** Returns what the form holds at first. */
export const toSingleSignOnInput = (found: SingleSignOnView['settings']): SingleSignOnInput => ({
  issuer: found?.issuer ?? '',
  clientId: found?.clientId ?? '',
  clientSecret: '',
  domains: found?.domains.map(({ domain }) => domain) ?? [],
  roleClaim: found?.roleClaim ?? '',
  roleLines: found?.roles.map(({ value, role }) => `${value} = ${role}`).join('\n') ?? '',
  defaultRole: found?.defaultRole ?? '',
  required: found?.required ?? false,
  passwordAdmins: found?.passwordAdmins ?? [],
  secondFactorValues: found?.secondFactorValues ?? [],
})

const isRole = (text: string) => (memberRoles as readonly string[]).includes(text)

/** Returns a sentence about the first line that gives no role. */
export function findRoleLineProblem(lines: string): string | undefined {
  const wrong = readLines(lines).find(({ value, role }) => value === '' || !isRole(role))
  return wrong && `Write a value, an equals sign and a role: ${memberRoles.join(', ')}.`
}

/** Returns the body of the operation. */
export const toSingleSignOn = (input: SingleSignOnInput): z.input<typeof NewSingleSignOn> => {
  const { clientSecret, roleClaim, roleLines, defaultRole, ...same } = input
  return {
    ...same,
    issuer: same.issuer.trim(),
    ...(clientSecret !== '' && { clientSecret }),
    roleClaim: roleClaim.trim() || null,
    roles: readLines(roleLines) as z.input<typeof NewSingleSignOn>['roles'],
    defaultRole: (defaultRole || null) as z.input<typeof NewSingleSignOn>['defaultRole'],
  }
}

/** A value of a claim may contain equals signs, a role does not. */
const readLines = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const at = line.lastIndexOf('=')
      return { value: line.slice(0, Math.max(at, 0)).trim(), role: line.slice(at + 1).trim() }
    })
