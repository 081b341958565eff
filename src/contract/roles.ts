/** What a member may be in an organization, weakest first. */
export const memberRoles = ['viewer', 'developer', 'admin'] as const

/** A member's role in one organization. */
export type MemberRole = (typeof memberRoles)[number]

/**
 * Who may call an operation. `anyone` needs no sign-in; `signed-in` any session; a member role
 * that role or a stronger one in the organization of the path; `operator` the platform role.
 */
export type Access = 'anyone' | 'signed-in' | MemberRole | 'operator'

/** Whether `held` includes everything that `needed` may do. */
export function includesRole(held: MemberRole, needed: MemberRole): boolean {
  return memberRoles.indexOf(held) >= memberRoles.indexOf(needed)
}
