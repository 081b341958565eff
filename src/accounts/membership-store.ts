import type { MemberRole } from '../contract/roles.ts'
import type { Act } from '../shapes/act.ts'
import type { Tx } from '../storage/database.ts'

/** A membership by its organization and its user. */
export interface MemberKey {
  organizationId: string
  userId: string
}

/** Changes of memberships in the transaction of another change; an organization always has an admin. */
export interface MembershipChanges {
  /** Makes a user a member. Throws `people_limit_reached`. */
  add(tx: Tx, key: MemberKey, role: MemberRole, act: Act): Promise<void>
  /** Changes the role. Throws `not_found` or `last_admin`. */
  changeRole(tx: Tx, key: MemberKey, role: MemberRole, act: Act): Promise<void>
  /** Ends the membership. Throws `not_found` or `last_admin`. */
  remove(tx: Tx, key: MemberKey, act: Act): Promise<void>
}
