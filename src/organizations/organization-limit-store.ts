import { PosternError } from '../errors.ts'
import { readLimits } from '../shapes/organization.ts'
import type { Tx } from '../storage/database.ts'

/** Counts the open invitations of an organization: they take the places of people. */
export async function countOpenInvitations(tx: Tx, organizationId: string, now: number): Promise<number> {
  const { open } = await tx
    .selectFrom('invitations')
    .select((e) => e.fn.countAll<number>().as('open'))
    .where('organization_id', '=', organizationId)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow()
  return Number(open)
}

/**
 * Returns the function that throws `people_limit_reached` if an organization has no room for another person. It is
 * called in the transaction that adds one: of two who get the last place at the same time, one does. `defaults`
 * holds where operators set no limit of its own.
 */
export const createPeopleLimit =
  (defaults: { readonly maxPeople: number }) =>
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
    const most = readLimits(row.limits).maxPeople ?? defaults.maxPeople
    if (Number(row.members) + (await countOpenInvitations(tx, organizationId, now)) < most) return
    throw new PosternError(
      'people_limit_reached',
      `The organization has ${most} members and open invitations, which is its limit. Remove some, or ask the operator for a higher limit.`,
    )
  }
