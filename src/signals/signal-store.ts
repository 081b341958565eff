import { recordAudit } from '../audit/record-audit.ts'
import type { keyKinds } from '../contract/environment.ts'
import type { SignalKind, signalStates } from '../contract/signal.ts'
import { PosternError } from '../errors.ts'
import type { Act } from '../shapes/act.ts'
import { toActorRef } from '../shapes/actor.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { createPaging, cursorParts, type Page } from '../storage/page.ts'
import type { Scope } from './address-store.ts'

const paging = createPaging('signals', [cursorParts.number, cursorParts.name])

/** What a list of signals is asked for. */
export interface SignalQuery {
  kind?: readonly SignalKind[] | undefined
  state: (typeof signalStates)[number]
  cursor?: string | undefined
  limit: number
}

/** A signal with what it is about. Times are milliseconds since 1970. */
export interface StoredSignal {
  id: string
  organizationId: string
  environment: string
  kind: SignalKind
  detail: string
  firstSeenAt: number
  lastSeenAt: number
  resolvedAt: number | null
  dismissedAt: number | null
  dismissedBy: string | null
  dismissedByRef: string | null
  certificate: SignalSubject | undefined
  replaced: SignalSubject | undefined
  credential: { id: string; name: string; clientId: string } | undefined
  secretCreatedAt: number | null
  issuedAt: number | null
  lastUsedAt: number | null
  revokedAt: number | null
  lastDeniedAt: number | null
}

/** A certificate in a signal. */
export interface SignalSubject {
  id: string
  name: string
  description: string
}

/** The kind of key that a signal of the kind `key_kind_ends` is about. */
export type DetailKeyKind = (typeof keyKinds)[number]

/** Creates the store of the signals as users see them. */
export function createSignalStore(database: Database) {
  const { queries, aside } = database

  return {
    /** Lists signals of an organization in an environment, newest first. Throws `cursor_invalid`. */
    async list({ organizationId, environment }: Scope, query: SignalQuery): Promise<Page<StoredSignal>> {
      const { cursor, limit, ...filter } = query
      const after = paging.findPosition(cursor, filter)
      let rows = selectSignals(aside)
        .where('signals.organization_id', '=', organizationId)
        .where('signals.environment', '=', environment)
        .where('dismissed_at', filter.state === 'dismissed' ? 'is not' : 'is', null)
        .orderBy('first_seen_at', 'desc')
        .orderBy('signals.id', 'desc')
        .limit(limit + 1)
      if (filter.state === 'open') rows = rows.where('resolved_at', 'is', null)
      if (filter.kind !== undefined) rows = rows.where('kind', 'in', filter.kind)
      if (after !== undefined)
        rows = rows.where((e) => e(e.refTuple('first_seen_at', 'signals.id'), '<', e.tuple(...after)))
      return paging.toPage(
        await rows.execute(),
        { limit, filter },
        (row) => [row.first_seen_at, row.id],
        toSignal,
      )
    },

    /** Throws `not_found`. */
    get: (organizationId: string, id: string): Promise<StoredSignal> =>
      getSignal(queries, organizationId, id),

    /** Dismisses a signal, or takes that back; nothing happens if it is so already. Throws `not_found`. */
    setDismissed: (
      organizationId: string,
      id: string,
      { dismissed, actor, now }: Act & { dismissed: boolean },
    ): Promise<StoredSignal> =>
      database.transaction(async (tx) => {
        const signal = await getSignal(tx, organizationId, id)
        const { numUpdatedRows } = await tx
          .updateTable('signals')
          .set(
            dismissed
              ? { dismissed_at: now, dismissed_by: actor.name, dismissed_by_ref: toActorRef(actor) }
              : { dismissed_at: null, dismissed_by: null, dismissed_by_ref: null },
          )
          .where('id', '=', id)
          .where('dismissed_at', dismissed ? 'is' : 'is not', null)
          .executeTakeFirst()
        if (Number(numUpdatedRows) === 0) return signal
        await recordDismissal(tx, signal, { dismissed, actor, now })
        return getSignal(tx, organizationId, id)
      }),
  }
}

export type SignalStore = ReturnType<typeof createSignalStore>

/** The change is one of the certificate or of the credentials, so that it stands in their history. */
async function recordDismissal(
  tx: Tx,
  { id, kind, organizationId, certificate, credential }: StoredSignal,
  { dismissed, actor, now }: Act & { dismissed: boolean },
): Promise<void> {
  const action = dismissed ? 'signal.dismissed' : 'signal.undismissed'
  const subjectKind = certificate === undefined ? 'credential' : 'certificate'
  const subjectId = (certificate ?? credential)?.id ?? id
  await recordAudit(
    tx,
    { actor, action, organizationId, subjectKind, subjectId, after: { signalId: id, kind } },
    now,
  )
}

async function getSignal(queries: Queries, organizationId: string, id: string): Promise<StoredSignal> {
  const row = await selectSignals(queries)
    .where('signals.organization_id', '=', organizationId)
    .where('signals.id', '=', id)
    .executeTakeFirst()
  if (row === undefined) throw new PosternError('not_found', 'There is no such signal here.')
  return toSignal(row)
}

/** Selects signals with what they are about. */
export const selectSignals = (queries: Queries) =>
  queries
    .selectFrom('signals')
    .leftJoin('certificates', 'certificates.id', 'signals.certificate_id')
    .leftJoin('certificates as old', 'old.id', 'certificates.replaces_id')
    .leftJoin('credentials', 'credentials.id', 'signals.credential_id')
    .leftJoin('credential_secrets', 'credential_secrets.id', 'signals.subject')
    .select([
      ...(['signals.id', 'signals.organization_id', 'signals.environment', 'kind', 'detail'] as const),
      ...(['first_seen_at', 'last_seen_at', 'resolved_at'] as const),
      ...(['dismissed_at', 'dismissed_by', 'dismissed_by_ref'] as const),
      'certificates.id as certificate_id',
      'certificates.name as certificate_name',
      'certificates.description as certificate_description',
      'certificates.created_at as certificate_created_at',
      ...(['certificates.issued_at', 'certificates.last_used_at'] as const),
      ...(['certificates.revoked_at', 'certificates.last_denied_at'] as const),
      'old.id as old_id',
      'old.name as old_name',
      'old.description as old_description',
      'credentials.id as credential_id',
      'credentials.name as credential_name',
      'credentials.client_id',
      'credential_secrets.created_at as secret_created_at',
    ])

type SignalRow = Awaited<ReturnType<ReturnType<typeof selectSignals>['executeTakeFirstOrThrow']>>

/** Returns a signal with what it is about. */
export const toSignal = (row: SignalRow): StoredSignal => ({
  ...{ id: row.id, organizationId: row.organization_id, environment: row.environment, kind: row.kind },
  ...{ detail: row.detail, firstSeenAt: row.first_seen_at, lastSeenAt: row.last_seen_at },
  ...{ resolvedAt: row.resolved_at, dismissedAt: row.dismissed_at },
  ...{ dismissedBy: row.dismissed_by, dismissedByRef: row.dismissed_by_ref },
  certificate: toSubject(row.certificate_id, row.certificate_name, row.certificate_description),
  replaced: toSubject(row.old_id, row.old_name, row.old_description),
  credential:
    row.credential_id === null
      ? undefined
      : { id: row.credential_id, name: row.credential_name ?? '', clientId: row.client_id ?? '' },
  ...{ secretCreatedAt: row.secret_created_at, issuedAt: row.issued_at ?? row.certificate_created_at },
  ...{ lastUsedAt: row.last_used_at, revokedAt: row.revoked_at, lastDeniedAt: row.last_denied_at },
})

const toSubject = (
  id: string | null,
  name: string | null,
  description: string | null,
): SignalSubject | undefined =>
  id === null ? undefined : { id, name: name ?? '', description: description ?? '' }
