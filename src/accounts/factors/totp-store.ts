import { randomBytes } from 'node:crypto'
import { formatCount } from '../../contract/format-count.ts'
import { PosternError } from '../../errors.ts'
import type { MasterKey } from '../../shapes/master-key.ts'
import type { Queries, Tx } from '../../storage/database.ts'
import { seal, unseal } from '../../storage/seal.ts'
import { toSealedValues } from '../../storage/sealed-column-store.ts'
import { findStep, secretOctets } from './totp.ts'

const freeFailures = 5
const firstLockMs = 60_000
const longestLockMs = 3_600_000

const contextOf = (userId: string) => `totp:${userId}`

/** Returns when the authenticator app of a user was set up; null if there is none. */
export async function findTotpConfirmedAt(queries: Queries, userId: string): Promise<number | null> {
  const row = await queries
    .selectFrom('totp_secrets')
    .select('confirmed_at')
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return row?.confirmed_at ?? null
}

/** Creates the store of the secrets of authenticator apps, sealed with the authority key. */
export function createTotpStore(authorityKey: MasterKey) {
  /** Returns the row, which nobody else changes before `tx` has ended. */
  const hold = async (tx: Tx, userId: string) =>
    tx
      .updateTable('totp_secrets')
      .set((e) => ({ failures: e.ref('failures') }))
      .where('user_id', '=', userId)
      .returningAll()
      .executeTakeFirst()
  const open = ({ user_id: userId, sealed_secret: sealed }: { user_id: string; sealed_secret: Uint8Array }) =>
    unseal(authorityKey, sealed, contextOf(userId))

  return {
    /** Stores a new secret, which does not count yet, and returns it. Throws `totp_already_set_up`. */
    async begin(tx: Tx, userId: string, now: number): Promise<Uint8Array> {
      const secret = randomBytes(secretOctets)
      const row = { sealed_secret: seal(authorityKey, secret, contextOf(userId)), created_at: now }
      const { numInsertedOrUpdatedRows = 0n } = await tx
        .insertInto('totp_secrets')
        .values({ user_id: userId, confirmed_at: null, ...row })
        .onConflict((conflict) =>
          conflict.column('user_id').doUpdateSet(row).where('totp_secrets.confirmed_at', 'is', null),
        )
        .executeTakeFirst()
      if (numInsertedOrUpdatedRows === 0n) throw alreadySetUp()
      return secret
    },

    /**
     * Lets the secret count if `code` is one of it, which is then used. Throws `totp_not_set_up`,
     * `totp_already_set_up` or `totp_code_wrong`.
     */
    async confirm(tx: Tx, userId: string, code: string, now: number): Promise<void> {
      const row = await hold(tx, userId)
      if (row === undefined) throw notSetUp()
      if (row.confirmed_at !== null) throw alreadySetUp()
      const step = findStep(open(row), code, now)
      if (step === undefined) throw wrongCode()
      await tx
        .updateTable('totp_secrets')
        .set({ confirmed_at: now, last_step: step, failures: 0, locked_until: 0 })
        .where('user_id', '=', userId)
        .execute()
    },

    /**
     * Accepts a code, each once, and returns undefined. Otherwise returns the error, which the caller throws after
     * `tx` has been committed: five wrong codes lock the app for a minute, and each further one for twice as long.
     */
    async accept(tx: Tx, userId: string, code: string, now: number): Promise<PosternError | undefined> {
      const row = await hold(tx, userId)
      if (row?.confirmed_at == null) return failed()
      const change = tx.updateTable('totp_secrets').where('user_id', '=', userId)
      if (row.locked_until > now) return locked(row.locked_until - now)
      const step = findStep(open(row), code, now)
      if (step !== undefined && step > row.last_step) {
        await change.set({ last_step: step, failures: 0, locked_until: 0 }).execute()
        return undefined
      }
      const failures = row.failures + 1
      const over = failures - freeFailures
      const lockedUntil = over < 0 ? 0 : now + Math.min(firstLockMs * 2 ** over, longestLockMs)
      await change.set({ failures, locked_until: lockedUntil }).execute()
      return failed()
    },

    /** Throws `totp_not_set_up`. */
    async delete(tx: Tx, userId: string): Promise<void> {
      const deleted = await tx
        .deleteFrom('totp_secrets')
        .where('user_id', '=', userId)
        .where('confirmed_at', 'is not', null)
        .executeTakeFirst()
      if (deleted.numDeletedRows === 0n) throw notSetUp()
    },
  }
}

/** The secrets of all authenticator apps, under the authority key. */
export const sealedTotpSecrets = toSealedValues({
  name: 'secrets of authenticator apps',
  ...{ table: 'totp_secrets', id: 'user_id', column: 'sealed_secret', contextOf },
})

const alreadySetUp = () =>
  new PosternError('totp_already_set_up', 'An authenticator app is already set up. Remove it first.')
const notSetUp = () =>
  new PosternError('totp_not_set_up', 'No authenticator app is set up. Begin the set-up first.')
const wrongCode = () =>
  new PosternError(
    'totp_code_wrong',
    'The code is not one of this secret. Check the clock of the device, and enter the code that the app shows now.',
  )
const failed = () =>
  new PosternError(
    'second_factor_failed',
    'The code is wrong or was used before. Wait for the next code of the app, and check the clock of the device.',
  )
const locked = (milliseconds: number) => {
  const seconds = Math.ceil(milliseconds / 1000)
  return new PosternError(
    'second_factor_locked',
    `Too many wrong codes: the authenticator app is locked for ${formatCount(seconds, 'second')}. Use a passkey or a recovery code, or wait.`,
    { retryAfterSeconds: seconds },
  )
}
