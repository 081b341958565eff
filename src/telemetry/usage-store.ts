import type {
  AssertionUse,
  RejectedRows,
  StoreRestore,
  TokenRevocation,
  UsageBatch,
} from '../contract/usage-batch.ts'
import type { OtherUses, Use } from '../shared-uses.ts'
import { recordChange } from '../storage/change-log.ts'
import { openDatabase, type StorageLocation } from '../storage/database.ts'
import { findStoreProblem } from '../storage/engine.ts'
import { exchangeUses } from '../storage/exchange-uses.ts'
import { locks, takeLock } from '../storage/lock-order.ts'
import { getStoreCode, isRowRejected } from '../storage/rejected-rows.ts'
import { readStoreClock } from '../storage/store-clock.ts'
import { enterEpoch } from '../storage/store-epoch.ts'
import { quiet } from '../storage/transact.ts'
import { cleanBatch } from './clean-batch.ts'
import { hasNewReplacement } from './count-uses-store.ts'
import { isWritten, noteWritten, saveGatewayStatus } from './save-gateway-status-store.ts'
import { saveStoreRestore } from './save-restore-store.ts'
import { writeParts, writePartsSplit } from './write-parts-store.ts'

/** A revoked token is remembered for this long after its expiry, since the clock may be set back. */
const keptMs = 86_400_000

/** Opens the store for data written by gateways. A test may replace the clock of the store. */
export async function openUsageStore(location: StorageLocation, readClock = readStoreClock) {
  const database = await openDatabase(location, { poolSize: 2 })

  const writeWith = async <Result>(
    batch: UsageBatch,
    none: Result,
    write: typeof writeParts | typeof writePartsSplit,
  ) => {
    const records = await hasNewReplacement(database.queries, batch.certificates).catch((error) => {
      // The part that has a row which the store rejects is left out further on.
      if (!isRowRejected(error)) throw error
      return true
    })
    return database.transaction(
      async (tx) => {
        // Readers follow `sequence`: on PostgreSQL numbers become visible in order only under a lock.
        await takeLock(tx, locks.activity)
        await saveGatewayStatus(tx, batch, await readClock(tx))
        if (await isWritten(tx, batch)) return none
        const result = await write(tx, batch)
        await noteWritten(tx, batch)
        return result as Result
      },
      { records },
    )
  }

  return {
    /**
     * Writes a batch in one transaction; a batch that was written already only updates the status of its
     * gateway. Rows that the store rejects are left out and returned; status and confirmations do not wait
     * for them.
     */
    async write(given: UsageBatch): Promise<RejectedRows[]> {
      const batch = cleanBatch(given)
      try {
        await writeWith(batch, undefined, writeParts)
        return []
      } catch (error) {
        const isRefused = isRowRejected(error)
        const trouble = findStoreProblem(error)
        // A store that lacks a table still accepts the status.
        if (trouble !== undefined && trouble !== 'unfit' && !isRefused) throw error
        await database
          .transaction(async (tx) => saveGatewayStatus(tx, batch, await readClock(tx)), quiet)
          .catch(() => {})
        if (!isRefused) throw error
      }
      return writeWith(batch, [] as RejectedRows[], writePartsSplit)
    },

    /** Revokes a token for every gateway. */
    async revokeToken({ tokenId, environment, expiresAt, revokedAt }: TokenRevocation): Promise<void> {
      await database.transaction(async (tx) => {
        await tx
          .insertInto('revoked_tokens')
          .values({ id: tokenId, environment, expires_at: expiresAt, revoked_at: revokedAt })
          .onConflict((conflict) => conflict.column('id').doNothing())
          .execute()
        await tx
          .deleteFrom('revoked_tokens')
          .where('expires_at', '<', revokedAt - keptMs)
          .execute()
        await recordChange(tx, 'token', tokenId, revokedAt)
      })
    },

    /** Records the use of an assertion, and returns whether no gateway had recorded it before. */
    async spendAssertion({ id, expiresAt }: AssertionUse): Promise<boolean> {
      const { numInsertedOrUpdatedRows = 0n } = await database.queries
        .insertInto('used_assertions')
        .values({ id, expires_at: expiresAt })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .executeTakeFirst()
      return numInsertedOrUpdatedRows > 0n
    },

    /**
     * Returns the present epoch of the store, or a new one if the present one is among those `known`. See
     * `enterEpoch`.
     */
    enterEpoch: async (entry: { known: readonly string[]; noticedBy: string }) =>
      enterEpoch(database, entry, await readClock(database.queries)),

    /** Stores what a gateway knows of a lost store epoch. */
    reportReturn: async (given: StoreRestore): Promise<void> =>
      saveStoreRestore(database, given, await readClock(database.queries)),

    /** Reports what a gateway has used of shared limits, and reads what the others have; see `exchangeUses`. */
    exchangeUses: (given: { process: string; uses?: readonly Use[] }): Promise<OtherUses> =>
      exchangeUses(database.queries, 'gateway_uses', given),

    /** Records that a gateway has stopped normally. */
    async stopGateway({ id }: { id: string }): Promise<void> {
      const stopped_at = await readClock(database.queries)
      await database.queries.updateTable('gateways').set({ stopped_at }).where('id', '=', id).execute()
    },

    close: () => database.close(),
  }
}

export type UsageStore = Awaited<ReturnType<typeof openUsageStore>>

/** Returns the store's code of an error, for the log. */
export const getUsageFailure = (error: unknown): string => getStoreCode(error)

/** An error as it goes from one thread to another. */
export interface Mistake {
  name: string
  message: string
  stack: string
}

/**
 * What was thrown where it is a mistake of Postern: everything that the store, its driver and the system say has a code,
 * or words that are known as theirs.
 */
export function findMistake(error: unknown): Mistake | undefined {
  if (!(error instanceof Error) || findStoreProblem(error) !== undefined) return undefined
  const { code, errcode, name, message, stack = '' } = error as Error & { code?: unknown; errcode?: unknown }
  return code === undefined && errcode === undefined ? { name, message, stack } : undefined
}
