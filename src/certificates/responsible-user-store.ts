import type { Actor } from '../shapes/actor.ts'
import type { Queries, Tx } from '../storage/database.ts'

/**
 * Returns the user who is responsible for what an actor creates: the user, or the one whose API key acts. Null for the
 * key of an organization, which belongs to nobody alone.
 */
export async function findResponsible(tx: Tx, { kind, id }: Actor): Promise<string | null> {
  if (kind === 'person') return id
  if (kind !== 'api_key') return null
  const key = await tx.selectFrom('api_keys').select('user_id').where('id', '=', id).executeTakeFirst()
  return key?.user_id ?? null
}

/** Returns which of the users who are responsible for certificates are no longer active members of their organization. */
export async function findGone(
  queries: Queries,
  organizationId: string,
  responsible: readonly (string | null)[],
): Promise<ReadonlySet<string>> {
  const ids = new Set(responsible.filter((id) => id !== null))
  if (ids.size === 0) return ids
  const present = await queries
    .selectFrom('members')
    .innerJoin('users', 'users.id', 'members.user_id')
    .select('user_id')
    .where('organization_id', '=', organizationId)
    .where('user_id', 'in', [...ids])
    .where('deactivated_at', 'is', null)
    .execute()
  for (const { user_id: id } of present) ids.delete(id)
  return ids
}
