import type { AssertionUse, StoreRestore } from '../contract/usage-batch.ts'
import { recordChange } from '../storage/change-log.ts'
import type { Database, Tx } from '../storage/database.ts'

const rowsPerTransaction = 200
/**
 * The number that a gateway can report for one restore of the store; it denies anything beyond that until it
 * stops.
 */
const maxEndings = 100_000

/**
 * Stores what a gateway knows of a lost store epoch. Idempotent. Revoked tokens and used assertions are
 * restored immediately: they end something that a gateway may end at any time.
 */
export async function saveStoreRestore(database: Database, given: StoreRestore, now: number): Promise<void> {
  const inPieces = async <Row>(
    rows: readonly Row[],
    write: (tx: Tx, rows: readonly Row[]) => Promise<void>,
  ) => {
    for (let start = 0; start < rows.length; start += rowsPerTransaction)
      await database.transaction((tx) => write(tx, rows.slice(start, start + rowsPerTransaction)))
  }
  await inPieces(given.endings.slice(0, maxEndings), (tx, rows) => insertEndings(tx, given, rows, now))
  await inPieces(given.revokedTokens, (tx, rows) => insertTokens(tx, rows, now))
  await inPieces(given.usedAssertions, insertAssertions)
}

async function insertEndings(
  tx: Tx,
  { epochId, gateway }: StoreRestore,
  endings: StoreRestore['endings'],
  now: number,
): Promise<void> {
  await tx
    .insertInto('lost_endings')
    .values(
      endings.map(({ kind, subjectId, organizationId, environment, name, detail }) => ({
        ...{ epoch_id: epochId, kind, subject_id: subjectId, organization_id: organizationId },
        ...{ environment, name, detail: JSON.stringify(detail), gateway, found_at: now },
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

async function insertTokens(tx: Tx, tokens: StoreRestore['revokedTokens'], at: number): Promise<void> {
  for (const { tokenId, expiresAt } of tokens) {
    const added = await tx
      .insertInto('revoked_tokens')
      .values({ id: tokenId, environment: '', expires_at: expiresAt, revoked_at: at })
      .onConflict((conflict) => conflict.doNothing())
      .returning('id')
      .executeTakeFirst()
    if (added !== undefined) await recordChange(tx, 'token', tokenId, at)
  }
}

async function insertAssertions(tx: Tx, uses: readonly AssertionUse[]): Promise<void> {
  await tx
    .insertInto('used_assertions')
    .values(uses.map(({ id, expiresAt }) => ({ id, expires_at: expiresAt })))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}
