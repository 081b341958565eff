/** The roles of a member in an organization, weakest first. */
export const memberRoles = ['viewer', 'developer', 'admin'] as const

/** A member's role in one organization. */
export type MemberRole = (typeof memberRoles)[number]

/** The roles of who works for the provider: an auditor reads everything and changes nothing. */
export const operatorRoles = ['operator', 'auditor'] as const
export type OperatorRole = (typeof operatorRoles)[number]

/**
 * Who may call an operation. `anyone` needs no sign-in; `signed-in` needs any session; a member role needs
 * that role or a stronger one in the organization of the path; `operator` needs the platform role, or that of an auditor
 * for what only reads.
 */
export type Access = 'anyone' | 'signed-in' | MemberRole | 'operator'

/** Returns whether `held` includes all rights of `needed`. */
export function includesRole(held: MemberRole, needed: MemberRole): boolean {
  return memberRoles.indexOf(held) >= memberRoles.indexOf(needed)
}
