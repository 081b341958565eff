import type { Database } from '../../storage/database.ts'
import { isMigrated } from '../../storage/migrate.ts'
import { findHold } from '../../storage/store-hold.ts'

/** What a gateway waits for that would let in what was revoked after the backup. */
const heldStore = 'a decision about the restored store (postern restore)'

/**
 * Returns what a portal of this release has not yet prepared in the store for a gateway: the tables, or an
 * issuer and a signing key of an environment; undefined if everything is there. Throws the store's error if
 * it is unusable.
 */
export async function findUnprepared(
  database: Database,
  environments: readonly { name: string }[],
): Promise<string | undefined> {
  const has = async (table: 'issuers' | 'signing_keys', environment: string): Promise<boolean> => {
    const row = await database.queries
      .selectFrom(table)
      .select('id')
      .where('environment', '=', environment)
      .executeTakeFirst()
    return row !== undefined
  }
  if (!(await isMigrated(database))) return 'the tables of this release in the store'
  if ((await findHold(database.queries)) !== undefined) return heldStore
  for (const { name } of environments)
    if (!(await has('issuers', name)) || !(await has('signing_keys', name)))
      return `issuing CA and signing keys of ${name}`
  return undefined
}
