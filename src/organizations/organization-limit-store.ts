import { PosternError } from '../errors.ts'
import { readLimits } from '../shapes/organization.ts'
import type { Tx } from '../storage/database.ts'

/** What the limit of people is checked with. */
export interface PeopleLimit {
  /** How many people an organization may have if operators set no limit of its own. */
  maxPeople: number
  /** Counts the open invitations of an organization, which take the places of people. */
  countInvitations?(tx: Tx, organizationId: string, now: number): Promise<number>
}

/**
 * Returns the function that throws `people_limit_reached` if an organization has no room for another person. It is
 * called in the transaction that adds one: of two who get the last place at the same time, one does.
 */
export const createPeopleLimit =
  ({ maxPeople, countInvitations = async () => 0 }: PeopleLimit) =>
  async (tx: Tx, organizationId: string, now: number): Promise<void> => {
    const row = await tx
      .selectFrom('organizations')
      .select('limits')
      .select((e) =>
        e
          .selectFrom('members')
          .select((m) => m.fn.countAll<number>().as('n'))
          .whereRef('members.organization_id', '=', 'organizations.id')
          .as('members'),
      )
      .where('organizations.id', '=', organizationId)
      .executeTakeFirstOrThrow()
    const most = readLimits(row.limits).maxPeople ?? maxPeople
    if (Number(row.members) + (await countInvitations(tx, organizationId, now)) < most) return
    throw new PosternError(
      'people_limit_reached',
      `The organization has ${most} members and open invitations, which is its limit. Remove some, or ask the operator for a higher limit.`,
    )
  }
