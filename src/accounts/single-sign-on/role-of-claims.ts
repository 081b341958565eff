import { includesRole, type MemberRole } from '../../contract/roles.ts'
import type { ClaimRole } from '../../contract/single-sign-on.ts'

/** Returns the strongest role that the values of the role claim give; the default role if none matches. */
export function findRole(
  { roles, defaultRole }: { roles: readonly ClaimRole[]; defaultRole: MemberRole | null },
  values: readonly string[],
): MemberRole | null {
  return (
    roles
      .filter(({ value }) => values.includes(value))
      .reduce<MemberRole | null>(
        (best, { role }) => (best === null || includesRole(role, best) ? role : best),
        null,
      ) ?? defaultRole
  )
}
