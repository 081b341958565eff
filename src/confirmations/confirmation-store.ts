import { recordAudit } from '../audit/record-audit.ts'
import type { Clock } from '../clock.ts'
import type { ConfirmationView, NewConfirmation } from '../contract/confirmation.ts'
import { PosternError } from '../errors.ts'
import { type Actor, toActorView } from '../shapes/actor.ts'
import { toText } from '../shapes/moment.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { createPaging, cursorParts, type Page } from '../storage/page.ts'
import { changeFor } from '../storage/request-change.ts'
import type { ConfirmationRow } from '../storage/tables/people-tables.ts'

/** How long an act waits for a second person. */
const lifetimeMs = 24 * 3_600_000
/** How long after the confirmation an act may be done. */
const leaseMs = 10 * 60_000
/** How much later it counts as not done, for the transaction that began in time. */
const marginMs = 60_000
/** So that one operator cannot fill the store. */
const maxWaiting = 100

/** An operator, with what a session says of a user. */
export interface Operator {
  userId: string
  email: string
  name: string
  operatorRole: 'operator'
  mustChangePassword: false
}

/** An act that was confirmed, and who asked for it. */
export interface ConfirmedAct extends NewConfirmation {
  id: string
  requestedBy: Actor
}

const paging = createPaging('confirmations', [cursorParts.name])

/** Creates the store of acts that need a second person. */
export function createConfirmationStore(database: Database, clock: Clock) {
  const { queries } = database

  const get = async (id: string): Promise<ConfirmationView> => toView(await getRow(queries, id), clock.now())

  /** Moves a waiting act on, in a transaction that only one operator wins. Throws `confirmation_over`. */
  const decide = (id: string, status: 'running' | 'cancelled', actor: Actor): Promise<ConfirmationRow> =>
    database.transaction(async (tx) => {
      const now = clock.now()
      const row = await getRow(tx, id)
      if (status === 'running' && row.requested_by_id === actor.id) throw own()
      const { numUpdatedRows } = await tx
        .updateTable('confirmations')
        .set({ status, decided_by_id: actor.id, decided_by_name: actor.name, decided_at: now })
        .where('id', '=', id)
        .where('status', '=', 'waiting')
        .where('expires_at', '>', now)
        .executeTakeFirst()
      if (numUpdatedRows === 0n) throw over()
      const action = status === 'running' ? 'confirmation.confirmed' : 'confirmation.cancelled'
      await recordAct(tx, { actor, action, row }, now)
      return row
    })

  const markDone = async (tx: Tx, id: string): Promise<void> => {
    const { numUpdatedRows } = await tx
      .updateTable('confirmations')
      .set({ status: 'done' })
      .where('id', '=', id)
      .where('status', '=', 'running')
      .where('decided_at', '>', clock.now() - leaseMs)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) throw tooLate()
  }

  return {
    get,

    /** Returns an operator as a session would; undefined if the user is none. */
    async findOperator(userId: string): Promise<Operator | undefined> {
      const row = await queries
        .selectFrom('users')
        .select(['email', 'name'])
        .where('id', '=', userId)
        .where('operator_role', '=', 'operator')
        .where('deactivated_at', 'is', null)
        .executeTakeFirst()
      return row && { userId, ...row, operatorRole: 'operator', mustChangePassword: false }
    },

    /** Keeps an act until another operator confirms it; the same act of the same operator once. Throws `conflict` where too many wait. */
    async request(act: NewConfirmation, actor: Actor): Promise<ConfirmationView> {
      const now = clock.now()
      const id = await database.transaction(async (tx) => {
        const waiting = await tx
          .selectFrom('confirmations')
          .selectAll()
          .where('status', '=', 'waiting')
          .where('expires_at', '>', now)
          .limit(maxWaiting)
          .execute()
        const row = {
          id: newId('confirmation', now),
          operation_id: act.operationId,
          path_parameters: JSON.stringify(act.pathParameters),
          body: act.body === undefined ? null : JSON.stringify(act.body),
          requested_by_id: actor.id,
        }
        const same = waiting.find((other) => isSame(other, row))
        if (same !== undefined) return same.id
        if (waiting.length >= maxWaiting) throw tooMany()
        await tx
          .insertInto('confirmations')
          .values({
            ...row,
            status: 'waiting',
            requested_by_name: actor.name,
            requested_from: actor.origin,
            requested_at: now,
            expires_at: now + lifetimeMs,
          })
          .execute()
        await recordAct(tx, { actor, action: 'confirmation.requested', row }, now)
        return row.id
      })
      return get(id)
    },

    async list({
      cursor,
      limit,
    }: {
      cursor?: string | undefined
      limit: number
    }): Promise<Page<ConfirmationView>> {
      const from = paging.findPosition(cursor)
      const all = queries.selectFrom('confirmations').selectAll().orderBy('id', 'desc')
      const rows = await (from === undefined ? all : all.where('id', '<', from[0])).limit(limit + 1).execute()
      const now = clock.now()
      return paging.toPage(
        rows,
        limit,
        (row) => [row.id],
        (row) => toView(row, now),
      )
    },

    /** Counts what waits, at most `limit`, and says since when the first does. */
    async countWaiting(limit: number): Promise<{ count: number; since: number | null }> {
      const rows = await queries
        .selectFrom('confirmations')
        .select('requested_at')
        .where('status', '=', 'waiting')
        .where('expires_at', '>', clock.now())
        .orderBy('id')
        .limit(limit)
        .execute()
      return { count: rows.length, since: rows[0]?.requested_at ?? null }
    },

    /** Confirms an act, once. Throws `not_found`, `confirmation_own` and `confirmation_over`. */
    async confirm(id: string, actor: Actor): Promise<ConfirmedAct> {
      const row = await decide(id, 'running', actor)
      return {
        id,
        operationId: row.operation_id,
        pathParameters: JSON.parse(row.path_parameters),
        body: row.body === null ? undefined : JSON.parse(row.body),
        requestedBy: {
          ...{ kind: 'operator', id: row.requested_by_id, name: row.requested_by_name },
          origin: row.requested_from,
        },
      }
    },

    /** Cancels an act that waits. Throws `not_found` and `confirmation_over`. */
    async cancel(id: string, actor: Actor): Promise<ConfirmationView> {
      await decide(id, 'cancelled', actor)
      return get(id)
    },

    /**
     * Runs a confirmed act. The transaction that makes its change settles the confirmation too, so that an act of which
     * the confirmation is not `done` was not done. Throws `confirmation_over` for one that takes too long.
     */
    run: <T>(act: ConfirmedAct, work: () => Promise<T>): Promise<T> =>
      changeFor(
        { actorId: act.requestedBy.id, before: async () => {}, after: (tx) => markDone(tx, act.id) },
        work,
      ),

    /** Keeps what became of a confirmed act that has not changed anything. */
    async settle(id: string, problem: ConfirmationView['problem']): Promise<ConfirmationView> {
      await queries
        .updateTable('confirmations')
        .set({
          status: problem === null ? 'done' : 'failed',
          problem: problem === null ? null : JSON.stringify(problem),
        })
        .where('id', '=', id)
        .where('status', '=', 'running')
        .execute()
      return get(id)
    },
  }
}

export type ConfirmationStore = ReturnType<typeof createConfirmationStore>

async function getRow(from: Queries, id: string): Promise<ConfirmationRow> {
  const row = await from.selectFrom('confirmations').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined) throw new PosternError('not_found', 'There is no such confirmation.')
  return row
}

type Act = Pick<ConfirmationRow, 'operation_id' | 'path_parameters' | 'body' | 'requested_by_id'>

/** Returns whether one operator asked for the same twice, as by a second press of the button. */
const isSame = (a: Act, b: Act): boolean =>
  a.operation_id === b.operation_id &&
  a.path_parameters === b.path_parameters &&
  a.body === b.body &&
  a.requested_by_id === b.requested_by_id

const recordAct = (
  tx: Tx,
  {
    actor,
    action,
    row,
  }: {
    actor: Actor
    action: string
    row: Pick<ConfirmationRow, 'id' | 'operation_id' | 'path_parameters' | 'body'>
  },
  now: number,
): Promise<void> =>
  recordAudit(
    tx,
    {
      ...{ actor, action, organizationId: null, subjectKind: 'confirmation', subjectId: row.id },
      after: { operationId: row.operation_id, pathParameters: JSON.parse(row.path_parameters) },
    },
    now,
  )

function toView(stored: ConfirmationRow, now: number): ConfirmationView {
  const row = { ...stored, ...findEnd(stored, now) }
  const operator = (id: string, name: string) => toActorView({ kind: 'operator', id, name })
  return {
    id: row.id,
    status: row.status,
    operationId: row.operation_id,
    pathParameters: JSON.parse(row.path_parameters),
    body: row.body === null ? null : JSON.parse(row.body),
    requestedBy: operator(row.requested_by_id, row.requested_by_name),
    requestedAt: toText(row.requested_at),
    expiresAt: toText(row.expires_at),
    decidedBy: row.decided_by_id === null ? null : operator(row.decided_by_id, row.decided_by_name ?? ''),
    decidedAt: toText(row.decided_at),
    problem: row.problem === null ? null : JSON.parse(row.problem),
  }
}

/** Returns what became of an act that nothing has settled. */
function findEnd(
  { status, expires_at: expiresAt, decided_at: decidedAt }: ConfirmationRow,
  now: number,
): { status: ConfirmationView['status']; problem?: string } {
  if (status === 'waiting' && expiresAt <= now) return { status: 'expired' }
  if (status !== 'running' || (decidedAt ?? 0) + leaseMs + marginMs > now) return { status }
  return { status: 'failed', problem: JSON.stringify(interrupted) }
}

const interrupted = {
  code: 'internal_error',
  detail: 'Postern was stopped before this was done. Nothing was done. Ask for it again.',
}

const tooLate = () =>
  new PosternError('confirmation_over', 'It took too long after the confirmation. Nothing was done.')

const own = () =>
  new PosternError(
    'confirmation_own',
    'You asked for this yourself: another operator has to confirm it. You can cancel it.',
  )

const over = () =>
  new PosternError(
    'confirmation_over',
    'This does not wait any more: it was confirmed, cancelled, or has expired. Nothing was done again.',
  )

const tooMany = () =>
  new PosternError(
    'conflict',
    `${maxWaiting} acts wait for a second person already. Confirm or cancel some first.`,
  )
