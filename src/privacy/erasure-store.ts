import { sql } from 'kysely'
import type { ChainedRow } from '../audit/audit-chain.ts'
import { recordAudit } from '../audit/record-audit.ts'
import { maxRedactedRows, type RedactionStore, type RowRedaction } from '../audit/redaction-store.ts'
import type { ErasureView } from '../contract/privacy.ts'
import { PosternError } from '../errors.ts'
import type { Act } from '../shapes/act.ts'
import { systemActor } from '../shapes/actor.ts'
import { toPseudonym } from '../shapes/erased-user.ts'
import { toText } from '../shapes/moment.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import type { ErasureRow } from '../storage/tables/people-tables.ts'
import { quiet } from '../storage/transact.ts'
import { findPersonalTexts } from './find-texts-store.ts'
import type { PersonalTexts, Replacement } from './personal-texts.ts'
import { deleteOwnRows } from './sweep-store.ts'

const auditRowsAtOnce = 1000
/** What was under way when the erasure began, and what is written up in memory for a minute, is written by then. */
const settlingMs = 10 * 60_000
const sweeps = 2

/** What erasing a user needs of other nouns. */
export interface ErasureNeeds {
  database: Database
  redactions: RedactionStore
  /** Ends the memberships of a user. Throws `last_admin`. */
  removeMemberships(tx: Tx, userId: string, act: Act): Promise<void>
}

/** Creates the store of erasures. */
export function createErasureStore({ database, redactions, removeMemberships }: ErasureNeeds) {
  const { queries, aside } = database
  return {
    /** Throws `not_found`. */
    async get(userId: string): Promise<ErasureView> {
      const row = await find(queries, userId)
      if (row === undefined) throw notFound()
      return toView(row)
    },

    /**
     * Begins to erase a user: from now on there is no account, no session, no key and no membership, and the user is
     * named by the pseudonym. The rows about the past follow. A second call changes nothing. Throws `not_found`,
     * `last_admin`, and `conflict` for the last operator, and for the operator who asks.
     */
    async begin(userId: string, act: Act, as: 'self' | 'operator'): Promise<ErasureView> {
      const texts = await findPersonalTexts(aside, userId)
      return database.transaction(async (tx) => {
        const present = await find(tx, userId)
        if (present !== undefined) return toView(present)
        const user = await tx.selectFrom('users').selectAll().where('id', '=', userId).executeTakeFirst()
        if (user === undefined || texts === undefined) throw notFound()
        if (as === 'operator' && user.id === act.actor.id) throw isSelf()
        if (user.operator_role !== null) await assertErasableOperator(tx, user, as)
        const own = withPresent(texts, user)
        await tx
          .insertInto('erasures')
          .values(toNewRow(userId, own, act.now))
          .execute()
        const about = { organizationId: null, subjectKind: 'person', subjectId: userId }
        await recordAudit(tx, { ...about, actor: act.actor, action: 'person.erased' }, act.now)
        await removeMemberships(tx, userId, act)
        await deleteOwnRows(tx, userId, own)
        await leavePseudonym(tx, userId, act.now)
        return toView((await find(tx, userId)) as ErasureRow)
      })
    },

    /** Lists erasures that go on at `now`. */
    async listDue(now: number): Promise<ErasureRow[]> {
      return queries
        .selectFrom('erasures')
        .selectAll()
        .where('finished_at', 'is', null)
        .where('due_at', '<=', now)
        .orderBy('due_at')
        .limit(10)
        .execute()
    },

    find: (userId: string): Promise<ErasureRow | undefined> => find(queries, userId),

    /**
     * Redacts rows of the audit log after the last one that was looked at. Returns the number of the last one looked at;
     * `end` at the end of the log, and `overtaken` if another process went on or has redacted the same rows.
     */
    async redactOn(
      { user_id: userId, audit_after: after }: Pick<ErasureRow, 'user_id' | 'audit_after'>,
      replacement: Replacement,
      now: number,
    ): Promise<number | 'end' | 'overtaken'> {
      const rows = await aside
        .selectFrom('audit')
        .selectAll()
        .where('sequence', '>', Number(after))
        .orderBy('sequence')
        .limit(auditRowsAtOnce)
        .execute()
      const found = rows.flatMap((row) => findRedaction(row, userId, replacement))
      const some = found.slice(0, maxRedactedRows)
      const last = found.length > some.length ? some.at(-1)?.row.sequence : rows.at(-1)?.sequence
      if (last === undefined) return 'end'
      const move = (tx: Tx) => moveAudit(tx, { userId, after: Number(after), last, count: some.length })
      const isMoved =
        some.length === 0
          ? await database.transaction(move, quiet)
          : await redactions.redact(userId, some, now, move)
      return isMoved ? Number(last) : 'overtaken'
    },

    /** Lets an erasure that failed wait, so that it does not stand in the way of others. */
    async postpone(userId: string, now: number): Promise<void> {
      await queries
        .updateTable('erasures')
        .set({ due_at: now + settlingMs })
        .where('user_id', '=', userId)
        .where('finished_at', 'is', null)
        .execute()
    },

    /** Ends a sweep: the next one begins later, and after the last one what was looked for is forgotten. */
    async endSweep(row: ErasureRow, { now, isNeeded }: { now: number; isNeeded: boolean }): Promise<void> {
      await database.transaction(async (tx) => {
        const present = await find(tx, row.user_id)
        if (present?.finished_at !== null || present.sweep !== row.sweep) return
        const isLast = row.sweep >= sweeps && !isNeeded
        const next = isLast
          ? { texts: null, finished_at: now }
          : { sweep: row.sweep + 1, step: 0, after_key: '', due_at: now + settlingMs }
        await tx.updateTable('erasures').set(next).where('user_id', '=', row.user_id).execute()
        if (!isLast) return
        await recordAudit(
          tx,
          {
            ...{ actor: systemActor('erase-people'), action: 'person.erasure_finished' },
            ...{ organizationId: null, subjectKind: 'person', subjectId: row.user_id },
            after: { redactedRows: present.redacted_rows },
          },
          now,
        )
      })
    },
  }
}

export type ErasureStore = ReturnType<typeof createErasureStore>

const find = (within: Queries, userId: string): Promise<ErasureRow | undefined> =>
  within.selectFrom('erasures').selectAll().where('user_id', '=', userId).executeTakeFirst()

const toNewRow = (userId: string, texts: PersonalTexts, now: number): ErasureRow => ({
  ...{ user_id: userId, requested_at: now, due_at: now, finished_at: null, texts: JSON.stringify(texts) },
  ...{ sweep: 1, step: 0, after_key: '', audit_after: 0, redacted_rows: 0 },
})

const notFound = () => new PosternError('not_found', 'There is no such user.')

type User = { id: string; email: string; name: string; operator_role: string | null }

/** What the user is called at the moment of the erasure, which a change may have set after the texts were read. */
const withPresent = (texts: PersonalTexts, { email, name }: User): PersonalTexts => ({
  ...texts,
  addresses: [...new Set([...texts.addresses, email.toLowerCase()])],
  names: [...new Set([...texts.names, name])],
})

const isSelf = () =>
  new PosternError('conflict', 'You cannot erase your own account here: ask another operator.')

async function assertErasableOperator(tx: Tx, user: User, as: 'self' | 'operator'): Promise<void> {
  if (as === 'self')
    throw new PosternError(
      'conflict',
      'You work for the provider: ask another operator to erase your account.',
    )
  if (user.operator_role !== 'operator') return
  const other = await tx
    .selectFrom('users')
    .select('id')
    .where('operator_role', '=', 'operator')
    .where('deactivated_at', 'is', null)
    .where('id', '!=', user.id)
    .limit(1)
    .executeTakeFirst()
  if (other === undefined)
    throw new PosternError(
      'conflict',
      'This is the last operator. Add another one first: postern operator create EMAIL.',
    )
}

/** Leaves of the account what rows about the past refer to. */
async function leavePseudonym(tx: Tx, userId: string, now: number): Promise<void> {
  const name = toPseudonym(userId)
  await tx
    .updateTable('confirmations')
    .set({ status: 'cancelled', decided_at: now })
    .where('status', '=', 'waiting')
    .where('requested_by_id', '=', userId)
    .execute()
  await tx
    .updateTable('users')
    .set({
      ...{ email: name, name, image: null, time_zone: null, email_verified: 0, operator_role: null },
      ...{ must_change_password: 0, deactivated_at: now, updated_at: toText(now) },
    })
    .where('id', '=', userId)
    .execute()
}

function findRedaction(row: ChainedRow, userId: string, replacement: Replacement): RowRedaction[] {
  const isOwn = replacement.isOwn(row.actor_id, row.subject_id)
  const inJson = (json: string | null) => (json === null ? null : replacement.replaceJson(json, { isOwn }))
  const content = {
    actor_name:
      row.actor_id === userId ? toPseudonym(userId) : replacement.replaceLabel(row.actor_name, isOwn),
    before: inJson(row.before),
    after: inJson(row.after),
  }
  const isSame =
    content.actor_name === row.actor_name && content.before === row.before && content.after === row.after
  return isSame ? [] : [{ row, content }]
}

async function moveAudit(
  tx: Tx,
  { userId, after, last, count }: { userId: string; after: number; last: number; count: number },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('erasures')
    .set({ audit_after: last, redacted_rows: sql`redacted_rows + ${count}` })
    .where('user_id', '=', userId)
    .where('audit_after', '=', after)
    .where('finished_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

const toView = ({ user_id, requested_at, finished_at }: ErasureRow): ErasureView => ({
  userId: user_id,
  status: finished_at === null ? 'running' : 'finished',
  requestedAt: toText(requested_at),
  finishedAt: toText(finished_at),
})
