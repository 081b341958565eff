import type { PasskeyItem, PasskeyView } from '../../contract/passkey.ts'
import { PosternError } from '../../errors.ts'
import { toText } from '../../shapes/moment.ts'
import type { Queries, Tx } from '../../storage/database.ts'
import { newId } from '../../storage/id.ts'
import type { NewPasskeyKey, PasskeyKey } from './webauthn.ts'

const maxPasskeys = 20

/** A passkey with its owner. */
export interface OwnedPasskey extends PasskeyKey {
  id: string
  userId: string
}

const selectOwn = (queries: Queries, userId: string) =>
  queries.selectFrom('passkeys').selectAll().where('user_id', '=', userId)

type Row = Awaited<ReturnType<ReturnType<typeof selectOwn>['executeTakeFirstOrThrow']>>

/** The passkeys of users. */
export const passkeyStore = {
  async count(queries: Queries, userId: string): Promise<number> {
    const rows = await queries.selectFrom('passkeys').select('id').where('user_id', '=', userId).execute()
    return rows.length
  },

  async list(queries: Queries, userId: string): Promise<PasskeyItem[]> {
    const rows = await selectOwn(queries, userId).orderBy('created_at').orderBy('id').execute()
    return rows.map((row) => ({ ...toView(row), lastUsedAt: toText(row.last_used_at) }))
  },

  async listKeys(queries: Queries, userId: string): Promise<OwnedPasskey[]> {
    return (await selectOwn(queries, userId).execute()).map(toKey)
  },

  /** Throws `not_found`, also for the passkey of another user. */
  async get(queries: Queries, userId: string, id: string): Promise<PasskeyView> {
    const row = await selectOwn(queries, userId).where('id', '=', id).executeTakeFirst()
    if (row === undefined) throw notFound()
    return toView(row)
  },

  async findByCredential(queries: Queries, credentialId: string): Promise<OwnedPasskey | undefined> {
    const row = await queries
      .selectFrom('passkeys')
      .selectAll()
      .where('credential_id', '=', credentialId)
      .executeTakeFirst()
    return row && toKey(row)
  },

  /** Throws `passkey_limit_reached`. */
  async assertRoom(queries: Queries, userId: string): Promise<void> {
    if ((await this.count(queries, userId)) < maxPasskeys) return
    throw new PosternError(
      'passkey_limit_reached',
      `You have ${maxPasskeys} passkeys, and no more are possible. Delete one that you no longer use.`,
    )
  },

  /** Throws `passkey_already_registered`, whoever has it, and `passkey_limit_reached`. */
  async insert(
    tx: Tx,
    userId: string,
    { name, key }: { name: string; key: NewPasskeyKey },
    now: number,
  ): Promise<PasskeyView> {
    await this.assertRoom(tx, userId)
    const id = newId('passkey', now)
    const { numInsertedOrUpdatedRows = 0n } = await tx
      .insertInto('passkeys')
      .values({
        id,
        user_id: userId,
        credential_id: key.credentialId,
        public_key: key.publicKey,
        counter: key.counter,
        transports: JSON.stringify(key.transports),
        is_synced: Number(key.isSynced),
        name,
        created_at: now,
        last_used_at: null,
      })
      .onConflict((conflict) => conflict.column('credential_id').doNothing())
      .executeTakeFirst()
    if (numInsertedOrUpdatedRows > 0n) return this.get(tx, userId, id)
    throw new PosternError(
      'passkey_already_registered',
      'This passkey is already registered. Use it to sign in, or create another one.',
    )
  },

  /** Records a use; returns whether the counter was still the one that the assertion was checked with. */
  async use(tx: Tx, { id, counter }: OwnedPasskey, next: number, now: number): Promise<boolean> {
    const used = await tx
      .updateTable('passkeys')
      .set({ counter: next, last_used_at: now })
      .where('id', '=', id)
      .where('counter', '=', counter)
      .executeTakeFirst()
    return used.numUpdatedRows > 0n
  },

  /** Returns the name before. Throws `not_found`. */
  async rename(tx: Tx, userId: string, id: string, name: string): Promise<string> {
    const before = await this.get(tx, userId, id)
    await tx.updateTable('passkeys').set({ name }).where('id', '=', id).execute()
    return before.name
  },

  /** Returns the name. Throws `not_found`. */
  async delete(tx: Tx, userId: string, id: string): Promise<string> {
    const { name } = await this.get(tx, userId, id)
    await tx.deleteFrom('passkeys').where('id', '=', id).execute()
    return name
  },
}

const toView = (row: Row): PasskeyView => ({
  id: row.id,
  name: row.name,
  isSynced: Boolean(row.is_synced),
  createdAt: toText(row.created_at),
})

const toKey = (row: Row): OwnedPasskey => ({
  id: row.id,
  userId: row.user_id,
  credentialId: row.credential_id,
  publicKey: row.public_key,
  counter: Number(row.counter),
  transports: JSON.parse(row.transports),
})

const notFound = () => new PosternError('not_found', 'You have no such passkey.')
