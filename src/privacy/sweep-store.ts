import { sql } from 'kysely'
import { toPseudonym } from '../shapes/erased-user.ts'
import type { Database, Tx } from '../storage/database.ts'
import type { ErasureRow } from '../storage/tables/people-tables.ts'
import { quiet } from '../storage/transact.ts'
import type { PersonalTexts, Replacement } from './personal-texts.ts'
import { type SweptTable, sweptTables } from './swept-columns.ts'

const rowsAtOnce = 500

/** A row of a swept table: its key and its columns with text. */
type TextRow = Record<string, string | null>

/** Where a sweep stands. */
type Place = Pick<ErasureRow, 'step' | 'after_key'>

/** Creates the store that takes a person out of the tables, some rows at a time. */
export function createSweepStore({ aside, transaction }: Database) {
  return {
    /**
     * Goes on from `place` with at most 500 rows of one table, and moves the place in the same transaction. Returns the
     * next place; `end` after the last table, and `overtaken` if another process has moved the place.
     */
    async sweepOn(
      userId: string,
      place: Place,
      { texts, replacement }: { texts: PersonalTexts; replacement: Replacement },
    ): Promise<Place | 'end' | 'overtaken'> {
      if (place.step >= sweptTables.length) return 'end'
      const swept = sweptTables[place.step] as SweptTable
      const rows = await read(swept, place.after_key)
      const changes = rows.flatMap((row) => findChange(swept, row, replacement))
      const isLast = rows.length < rowsAtOnce
      const next = isLast
        ? { step: place.step + 1, after_key: '' }
        : { step: place.step, after_key: rows.at(-1)?.[swept.key] ?? '' }
      const isMoved = await transaction(async (tx) => {
        const { numUpdatedRows } = await tx
          .updateTable('erasures')
          .set(next)
          .where('user_id', '=', userId)
          .where('step', '=', place.step)
          .where('after_key', '=', place.after_key)
          .where('finished_at', 'is', null)
          .executeTakeFirst()
        if (numUpdatedRows === 0n) return false
        if (place.step === 0 && place.after_key === '') await deleteOwnRows(tx, userId, texts)
        for (const change of changes) await write(tx, swept, change)
        return true
      }, quiet)
      return isMoved ? next : 'overtaken'
    },

    /** Returns whether a decision about a certificate that waits for issuance still has to name the person. */
    async isNeeded({ addresses }: PersonalTexts): Promise<boolean> {
      if (addresses.length === 0) return false
      const row = await aside
        .selectFrom('certificates')
        .select('id')
        .where('status', '=', 'pending')
        .where((e) =>
          e.or([
            e('decided_by', 'in', addresses),
            ...addresses.map(
              (address) => sql<boolean>`lower(decision_reason) like ${`%${toPattern(address)}%`} escape '\\'`,
            ),
          ]),
        )
        .limit(1)
        .executeTakeFirst()
      return row !== undefined
    },
  }

  async function read({ table, key, columns }: SweptTable, after: string): Promise<TextRow[]> {
    const names = [key, ...Object.keys(columns), ...(table === 'certificates' ? ['status'] : [])]
    const { rows } = await sql<TextRow>`
      select ${sql.join(names.map((name) => sql.ref(name)))} from ${sql.table(table)}
      where ${sql.ref(key)} > ${after} order by ${sql.ref(key)} limit ${sql.lit(rowsAtOnce)}`.execute(aside)
    return rows
  }
}

export type SweepStore = ReturnType<typeof createSweepStore>

/** Returns a text as `like` finds it, with `\\` before what would stand for other characters. */
const toPattern = (text: string): string => text.replaceAll(/[\\%_]/g, '\\$&')

interface Change {
  key: string
  before: TextRow
  after: TextRow
}

function findChange({ key, columns, table }: SweptTable, row: TextRow, replacement: Replacement): Change[] {
  const before: TextRow = {}
  const after: TextRow = {}
  for (const [name, kind] of Object.entries(columns)) {
    const text = row[name]
    if (typeof text !== 'string' || isSealed(table, name, row)) continue
    const replaced =
      kind === 'text'
        ? replacement.replaceText(text)
        : replacement.replaceJson(text, { dropContacts: kind === 'contacts' })
    if (replaced === text) continue
    before[name] = text
    after[name] = replaced
  }
  return Object.keys(after).length === 0 ? [] : [{ key: row[key] as string, before, after }]
}

/** A decision is sealed with the name of who made it, until the certificate is issued. */
const isSealed = (table: string, column: string, row: TextRow): boolean =>
  table === 'certificates' &&
  (column === 'decided_by' || column === 'decision_reason') &&
  row.status === 'pending'

/** Writes a row that is as it was read; one that was changed meanwhile is found by the next sweep. */
async function write(tx: Tx, { table, key }: SweptTable, change: Change): Promise<void> {
  const pairs = (row: TextRow) => Object.entries(row).map(([name, value]) => sql`${sql.ref(name)} = ${value}`)
  await sql`update ${sql.table(table)} set ${sql.join(pairs(change.after))}
    where ${sql.ref(key)} = ${change.key} and ${sql.join(pairs(change.before), sql` and `)}`.execute(tx)
}

/** Tables with rows that belong to a user alone. */
const ownTables = [
  'sessions',
  'accounts',
  'one_time_links',
  'passkeys',
  'totp_secrets',
  'recovery_codes',
  'members',
  'scim_users',
] as const

/** Deletes what belongs to the person alone: rights, secrets, keys, and what was sent or offered to the addresses. */
export async function deleteOwnRows(
  tx: Tx,
  userId: string,
  { addresses, ids }: PersonalTexts,
): Promise<void> {
  for (const table of ownTables) await tx.deleteFrom(table).where('user_id', '=', userId).execute()
  const keys = tx.selectFrom('api_keys').select('id').where('user_id', '=', userId)
  await tx.deleteFrom('api_key_secrets').where('api_key_id', 'in', keys).execute()
  await tx.deleteFrom('api_keys').where('user_id', '=', userId).execute()
  await tx.deleteFrom('idempotency_keys').where('principal', 'in', ids).execute()
  const subjects = [userId, ...addresses].map(
    (text) => sql<boolean>`subject like ${`%:${toPattern(text)}`} escape '\\'`,
  )
  await tx
    .deleteFrom('budgets')
    .where((e) => e.or(subjects))
    .execute()
  if (addresses.length === 0) return
  // Its key has two columns, and it has few rows.
  await tx
    .updateTable('enforcement_plans')
    .set({ updated_by: toPseudonym(userId) })
    .where('updated_by', 'in', addresses)
    .execute()
  // Its key is no `id`, and it has a row for each open rotation at most.
  await tx
    .updateTable('retirement_plans')
    .set({ updated_by: toPseudonym(userId) })
    .where('updated_by', 'in', addresses)
    .execute()
  await tx
    .updateTable('migration_plans')
    .set({ updated_by: toPseudonym(userId) })
    .where('updated_by', 'in', addresses)
    .execute()
  await tx
    .updateTable('address_monitoring')
    .set({ updated_by: toPseudonym(userId) })
    .where('updated_by', 'in', addresses)
    .execute()
  await tx.deleteFrom('outbox').where(sql`lower(recipient)`, 'in', addresses).execute()
  await tx.deleteFrom('mailbox').where(sql`lower(recipient)`, 'in', addresses).execute()
  await tx.deleteFrom('invitations').where('email', 'in', addresses).execute()
  await tx.deleteFrom('mail_contacts').where('address', 'in', addresses).execute()
  await tx.deleteFrom('mail_subscriptions').where('address', 'in', addresses).execute()
  await tx
    .updateTable('notification_settings')
    .set({ team_address: null })
    .where('team_address', 'in', addresses)
    .execute()
}
