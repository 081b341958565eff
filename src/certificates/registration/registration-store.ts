import type { ExpressionBuilder } from 'kysely'
import { recordAudit } from '../../audit/record-audit.ts'
import type { Received } from '../../contract/operation.ts'
import type { operations } from '../../contract/operations.ts'
import type { RegistrationStatus } from '../../contract/registration.ts'
import { PosternError } from '../../errors.ts'
import type { Act } from '../../shapes/act.ts'
import { recordChange } from '../../storage/change-log.ts'
import type { Database, Queries } from '../../storage/database.ts'
import { newId } from '../../storage/id.ts'
import { createPaging, cursorParts, type Page } from '../../storage/page.ts'
import type { Schema } from '../../storage/schema.ts'
import type { RegistrationRow } from '../../storage/tables/certificate-tables.ts'
import { registrationOver } from '../registered-row-store.ts'
import { type Registration, waitingMs } from './registration.ts'

/** Enough for a day's work; each row holds a certificate without any proof of possession. */
const maxWaiting = 20

/** The fields of a new registration. */
export type NewRegistration = Pick<
  Registration,
  | 'organizationId'
  | 'environment'
  | 'details'
  | 'der'
  | 'fingerprintSha256'
  | 'chain'
  | 'source'
  | 'notAfter'
  | 'challenge'
>

const paging = createPaging('registrations', [cursorParts.number, cursorParts.name])

/** The filter and the order of a list of registrations. */
type ListQuery = Received<(typeof operations)['listRegistrations']>['query']

/** Returns the query of one page of the registrations of an organization, and one row more. */
function selectRegistrations(queries: Queries, organizationId: string, query: ListQuery, now: number) {
  const { cursor, limit, ...filter } = query
  const { environment, status, from, to, order = 'desc' } = filter
  let rows = queries
    .selectFrom('registrations')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .orderBy('created_at', order)
    .orderBy('id', order)
    .limit(limit + 1)
  if (environment !== undefined) rows = rows.where('environment', '=', environment)
  if (status !== undefined) rows = rows.where((e) => e.or(status.map((one) => hasStatus(e, one, now))))
  if (from !== undefined) rows = rows.where('created_at', '>=', Date.parse(from))
  if (to !== undefined) rows = rows.where('created_at', '<', Date.parse(to))
  const after = paging.findPosition(cursor, filter)
  if (after === undefined) return rows
  const beyond = order === 'asc' ? '>' : '<'
  return rows.where((e) => e(e.refTuple('created_at', 'id'), beyond, e.tuple(...after)))
}

function hasStatus(e: ExpressionBuilder<Schema, 'registrations'>, status: RegistrationStatus, now: number) {
  if (status === 'registered') return e('certificate_id', 'is not', null)
  return e.and([e('certificate_id', 'is', null), e('expires_at', status === 'pending' ? '>' : '<=', now)])
}

/**
 * Creates the store of registrations of externally issued certificates. They reserve neither keys nor names:
 * only a proof of possession does.
 */
export function createRegistrationStore(database: Database) {
  const { queries } = database
  const find = async (id: string): Promise<Registration | undefined> => {
    const row = await queries.selectFrom('registrations').selectAll().where('id', '=', id).executeTakeFirst()
    return row && toRegistration(row)
  }
  return {
    /** Finds a registration of any organization, for the worker. */
    find,

    /** Returns a registration of an organization. Throws `not_found`. */
    async get(organizationId: string, id: string): Promise<Registration> {
      const registration = await find(id)
      if (registration?.organizationId === organizationId) return registration
      throw new PosternError('not_found', 'There is no such registration here.')
    },

    /**
     * Creates a registration and deletes the organization's registrations that expired long ago. Throws
     * `registration_limit_reached`.
     */
    async insert(given: NewRegistration, { actor, now }: Act): Promise<Registration> {
      const { organizationId, environment, details, der, fingerprintSha256, chain, challenge } = given
      const row: RegistrationRow = {
        id: newId('registration', now),
        organization_id: organizationId,
        environment,
        details: JSON.stringify(details),
        certificate_der: der,
        fingerprint_sha256: fingerprintSha256,
        foreign_chain: chain,
        source: given.source,
        not_after: given.notAfter,
        challenge,
        registered_by: JSON.stringify(actor),
        created_at: now,
        expires_at: now + waitingMs,
        handshake: null,
        problem: null,
        certificate_id: null,
      }
      await database.transaction(async (tx) => {
        await tx
          .deleteFrom('registrations')
          .where('organization_id', '=', organizationId)
          .where('expires_at', '<', now - waitingMs)
          .execute()
        await assertBelowLimit(tx, organizationId, now)
        await tx.insertInto('registrations').values(row).execute()
        const after = { environment, fingerprintSha256, replacesId: details.replacesId }
        const subject = { organizationId, subjectKind: 'registration', subjectId: row.id }
        await recordAudit(tx, { actor, action: 'registration.created', ...subject, after }, now)
        await recordChange(tx, 'registration', row.id, now)
      })
      return toRegistration(row)
    },

    /** Lists the registrations of an organization as they are at `now`. */
    async list(organizationId: string, query: ListQuery, now: number): Promise<Page<Registration>> {
      const { cursor: _, limit, ...filter } = query
      const rows = await selectRegistrations(queries, organizationId, query, now).execute()
      return paging.toPage(rows, { limit, filter }, (row) => [row.created_at, row.id], toRegistration)
    },

    /** Cancels a waiting registration. Throws `registration_wrong_state`. */
    async remove({ id, organizationId }: Registration, { actor, now }: Act): Promise<void> {
      await database.transaction(async (tx) => {
        const removed = await tx
          .deleteFrom('registrations')
          .where('id', '=', id)
          .where('certificate_id', 'is', null)
          .returning('id')
          .executeTakeFirst()
        if (removed === undefined) throw registrationOver()
        const subject = { organizationId, subjectKind: 'registration', subjectId: id }
        await recordAudit(tx, { actor, action: 'registration.cancelled', ...subject }, now)
        await recordChange(tx, 'registration', id, now)
      })
    },

    /** Stores why a call that proved possession was not sufficient. */
    async noteProblem(id: string, problem: string): Promise<void> {
      await queries
        .updateTable('registrations')
        .set({ problem, handshake: null })
        .where('id', '=', id)
        .where('certificate_id', 'is', null)
        .execute()
    },
  }
}

export type RegistrationStore = ReturnType<typeof createRegistrationStore>

async function assertBelowLimit(tx: Queries, organizationId: string, now: number): Promise<void> {
  const row = await tx
    .selectFrom('registrations')
    .select((e) => e.fn.countAll<number>().as('count'))
    .where('organization_id', '=', organizationId)
    .where('certificate_id', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow()
  if (Number(row.count) < maxWaiting) return
  throw new PosternError(
    'registration_limit_reached',
    `${maxWaiting} certificates of other authorities wait for the proof of their key, which is the most. Prove one or give one up first.`,
  )
}

const toRegistration = (row: RegistrationRow): Registration => ({
  id: row.id,
  organizationId: row.organization_id,
  environment: row.environment,
  details: JSON.parse(row.details),
  der: new Uint8Array(row.certificate_der),
  fingerprintSha256: row.fingerprint_sha256,
  chain: row.foreign_chain,
  source: row.source,
  notAfter: row.not_after,
  challenge: row.challenge,
  registeredBy: JSON.parse(row.registered_by),
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  handshake: row.handshake === null ? null : JSON.parse(row.handshake),
  problem: row.problem,
  certificateId: row.certificate_id,
})
