import { createHash } from 'node:crypto'
import { recordAudit } from '../audit/record-audit.ts'
import type {
  ClientCertificateUse,
  NewWebhook,
  UsedWebhook,
  WebhookChange,
  WebhookView,
} from '../contract/webhook.ts'
import { PosternError } from '../errors.ts'
import type { Act } from '../shapes/act.ts'
import { readActor, toActorRef } from '../shapes/actor.ts'
import type { MasterKey } from '../shapes/master-key.ts'
import { toText } from '../shapes/moment.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { createPaging, cursorParts, type Page } from '../storage/page.ts'
import {
  type ClientCertificateRow,
  countClientCertificateUse,
  listClientCertificates,
  toClientCertificateViews,
} from './client-certificate-rows-store.ts'
import { failWaiting } from './delivery-rows-store.ts'
import { webhookLimits } from './webhook-limits.ts'
import {
  endSecrets,
  insertSecret,
  listSecrets,
  type SecretRow,
  toSecretViews,
} from './webhook-secret-store.ts'

const paging = createPaging('webhooks', [cursorParts.number, cursorParts.name])

/** Creates the store of the webhooks of organizations; their secrets are sealed under `authorityKey`. */
export function createWebhookStore(database: Database, authorityKey: MasterKey) {
  const { queries } = database

  const get = async (organizationId: string, id: string, now: number): Promise<WebhookView> => {
    const row = await findRow(queries, organizationId, id)
    if (row === undefined) throw notFound()
    const [secrets, certificates] = await Promise.all([
      listSecrets(queries, [id], now),
      listClientCertificates(queries, [id]),
    ])
    return toView(row, { secrets, certificates, now })
  }

  return {
    /** Throws `not_found`. */
    get,

    /** Lists the webhooks of an organization with their state, newest first. */
    async list(
      organizationId: string,
      { cursor, limit }: { cursor?: string | undefined; limit: number },
      now: number,
    ): Promise<Page<UsedWebhook>> {
      let query = selectRows(queries, organizationId)
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit + 1)
      const after = paging.findPosition(cursor)
      if (after !== undefined)
        query = query.where((e) => e(e.refTuple('created_at', 'id'), '<', e.tuple(...after)))
      const rows = await query.execute()
      const ids = rows.map(({ id }) => id)
      const [secrets, certificates, waiting, uses] = await Promise.all([
        listSecrets(queries, ids, now),
        listClientCertificates(queries, ids),
        countWaiting(queries, ids),
        countClientCertificateUse(queries, ids, now),
      ])
      const parts = { secrets, certificates, now }
      return paging.toPage(
        rows,
        limit,
        (row) => [row.created_at, row.id],
        (row) => toUsedView(row, parts, { waiting: waiting.get(row.id) ?? 0, use: uses.get(row.id) ?? [] }),
      )
    },

    /** Throws `webhook_limit_reached`. */
    async insert(
      organizationId: string,
      { draft, secret }: { draft: NewWebhook; secret: Uint8Array },
      { actor, now }: Act,
    ): Promise<WebhookView> {
      const id = newId('webhook', now)
      await database.transaction(async (tx) => {
        await assertRoom(tx, organizationId)
        const after = describe(draft)
        await recordAudit(
          tx,
          { actor, action: 'webhook.created', ...subjectOf(organizationId, id), after },
          now,
        )
        await tx
          .insertInto('webhooks')
          .values({
            id,
            organization_id: organizationId,
            name: draft.name,
            url: draft.url,
            environment: draft.environment,
            event_types: JSON.stringify(draft.eventTypes),
            disabled_reason: draft.enabled ? null : 'user',
            after_sequence: await readEnd(tx),
            failing_since: null,
            last_attempt_at: null,
            last_delivered_at: null,
            dropped_at: null,
            told_dropped_at: null,
            server_ca: draft.serverCa,
            paused_until: null,
            created_at: now,
            created_by: actor.name,
            created_by_ref: toActorRef(actor),
          })
          .execute()
        await insertSecret(tx, { webhookId: id, secret, authorityKey }, now)
      })
      return get(organizationId, id, now)
    },

    /**
     * Changes the given fields. A webhook that is enabled again begins with the next event. Throws `not_found`, and
     * `webhook_secret_missing` where nothing could be signed.
     */
    async update(
      organizationId: string,
      id: string,
      change: WebhookChange,
      { actor, now }: Act,
    ): Promise<WebhookView> {
      await database.transaction(async (tx) => {
        const row = await findRow(tx, organizationId, id)
        if (row === undefined) throw notFound()
        const former = toTerms(row)
        const next = { ...former, ...withoutUndefined(change) }
        const [before, after] = findDifferences(describe(former), describe(next))
        if (Object.keys(after).length === 0) return
        if (next.enabled && !former.enabled) await assertSigned(tx, id, now)
        await recordAudit(
          tx,
          { actor, action: 'webhook.updated', ...subjectOf(organizationId, id), before, after },
          now,
        )
        await tx
          .updateTable('webhooks')
          .set({
            name: next.name,
            url: next.url,
            environment: next.environment,
            event_types: JSON.stringify(next.eventTypes),
            server_ca: next.serverCa,
            // Another endpoint has not asked for a pause.
            ...(next.url !== former.url && { paused_until: null }),
          })
          .where('id', '=', id)
          .execute()
        if (next.enabled && !former.enabled) await enable(tx, id)
        if (!next.enabled && former.enabled) await disable(tx, id, 'user')
      })
      return get(organizationId, id, now)
    },

    /**
     * Adds a secret; those in use end after `overlapMs`, and no later than before. Throws `not_found`, and
     * `webhook_secrets_full` where two are valid and one would stay.
     */
    async rotate(
      organizationId: string,
      id: string,
      { secret, overlapMs }: { secret: Uint8Array; overlapMs: number },
      { actor, now }: Act,
    ): Promise<WebhookView> {
      await database.transaction(async (tx) => {
        if ((await findRow(tx, organizationId, id)) === undefined) throw notFound()
        const valid = await listSecrets(tx, [id], now)
        if (overlapMs > 0 && valid.length >= webhookLimits.secrets) throw secretsFull(valid)
        await endSecrets(tx, id, now + overlapMs)
        await insertSecret(tx, { webhookId: id, secret, authorityKey }, now)
        const after = { othersEndAt: toText(now + overlapMs) }
        await recordAudit(
          tx,
          { actor, action: 'webhook.secret_added', ...subjectOf(organizationId, id), after },
          now,
        )
      })
      return get(organizationId, id, now)
    },

    /** Throws `not_found`. */
    async delete(organizationId: string, id: string, { actor, now }: Act): Promise<void> {
      await database.transaction(async (tx) => {
        const row = await findRow(tx, organizationId, id)
        if (row === undefined) throw notFound()
        await tx.deleteFrom('webhooks').where('id', '=', id).execute()
        const before = { name: row.name, origin: new URL(row.url).origin }
        await recordAudit(
          tx,
          { actor, action: 'webhook.deleted', ...subjectOf(organizationId, id), before },
          now,
        )
      })
    },
  }
}

export type WebhookStore = ReturnType<typeof createWebhookStore>

/** Disables a webhook; what waits has failed, and can be sent again by hand. */
export async function disable(
  tx: Tx,
  id: string,
  reason: 'user' | 'failing' | 'gone' | 'no_secret',
): Promise<void> {
  await tx.updateTable('webhooks').set({ disabled_reason: reason }).where('id', '=', id).execute()
  await failWaiting(tx, id, 'The webhook was disabled before this was delivered.')
}

async function enable(tx: Tx, id: string): Promise<void> {
  await tx
    .updateTable('webhooks')
    .set({
      disabled_reason: null,
      after_sequence: await readEnd(tx),
      failing_since: null,
      failures: 0,
      dropped_events: 0,
      dropped_at: null,
      told_dropped_at: null,
      paused_until: null,
    })
    .where('id', '=', id)
    .execute()
}

/** Counts the deliveries of webhooks that wait. */
export async function countWaiting(
  queries: Queries,
  ids: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (ids.length === 0) return new Map()
  const rows = await queries
    .selectFrom('webhook_deliveries')
    .select((e) => ['webhook_id', e.fn.countAll<number>().as('count')])
    .where('webhook_id', 'in', [...ids])
    .where('due_at', 'is not', null)
    .groupBy('webhook_id')
    .execute()
  return new Map(rows.map(({ webhook_id: id, count }) => [id, Number(count)]))
}

/** Returns the subject of an audit row. */
export const subjectOf = (organizationId: string, id: string) => ({
  organizationId,
  subjectKind: 'webhook',
  subjectId: id,
})

export const notFound = () => new PosternError('not_found', 'There is no such webhook here.')

const selectRows = (queries: Queries, organizationId: string) =>
  queries.selectFrom('webhooks').selectAll().where('organization_id', '=', organizationId)

const findRow = (queries: Queries, organizationId: string, id: string) =>
  selectRows(queries, organizationId).where('id', '=', id).executeTakeFirst()

type Row = NonNullable<Awaited<ReturnType<typeof findRow>>>

/** Returns the number of the newest row of the audit log, which the transaction may have written itself. */
async function readEnd(tx: Tx): Promise<number> {
  const last = await tx
    .selectFrom('audit')
    .select('sequence')
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst()
  return last?.sequence ?? 0
}

/** After a restore a webhook may have no valid secret: enabled, it would only be disabled again. */
async function assertSigned(tx: Tx, id: string, now: number): Promise<void> {
  if ((await listSecrets(tx, [id], now)).length > 0) return
  throw new PosternError(
    'webhook_secret_missing',
    'The webhook has no valid secret, so nothing could be signed. Rotate its secret, enter the new one at your endpoint, then enable the webhook.',
  )
}

async function assertRoom(tx: Tx, organizationId: string): Promise<void> {
  const rows = await selectRows(tx, organizationId).limit(webhookLimits.perOrganization).execute()
  if (rows.length < webhookLimits.perOrganization) return
  throw new PosternError(
    'webhook_limit_reached',
    `Your organization has ${webhookLimits.perOrganization} webhooks, and more are not allowed. Delete one that is no longer used, then try again.`,
  )
}

const secretsFull = (valid: readonly SecretRow[]) => {
  const first = valid.find(({ expires_at: at }) => at !== null)?.expires_at ?? null
  return new PosternError(
    'webhook_secrets_full',
    `Two secrets of this webhook are valid, the older one until ${toText(first)}. Wait for that, or rotate with overlapSeconds 0, which ends both.`,
  )
}

/** What the audit log has of a webhook. The path of a URL often is a secret: it is recorded as a hash alone. */
const describe = ({ url, ...terms }: NewWebhook): Record<string, unknown> => ({
  name: terms.name,
  origin: new URL(url).origin,
  urlSha256: createHash('sha256').update(url).digest('hex'),
  environment: terms.environment,
  eventTypes: terms.eventTypes,
  enabled: terms.enabled,
  serverCaSha256: terms.serverCa === null ? null : createHash('sha256').update(terms.serverCa).digest('hex'),
})

const withoutUndefined = (change: WebhookChange): Partial<NewWebhook> =>
  Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))

function findDifferences(before: Record<string, unknown>, after: Record<string, unknown>) {
  const changed = Object.keys(after).filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  )
  const pick = (from: Record<string, unknown>) =>
    Object.fromEntries(changed.map((name) => [name, from[name]]))
  return [pick(before), pick(after)] as const
}

const toTerms = (row: Row): NewWebhook => ({
  name: row.name,
  url: row.url,
  environment: row.environment,
  eventTypes: JSON.parse(row.event_types),
  enabled: row.disabled_reason === null,
  serverCa: row.server_ca,
})

/** What a webhook consists of besides its row. */
interface Parts {
  secrets: readonly SecretRow[]
  certificates: readonly ClientCertificateRow[]
  now: number
}

const toView = (row: Row, { secrets, certificates, now }: Parts): WebhookView => ({
  id: row.id,
  ...toTerms(row),
  disabledReason: row.disabled_reason,
  secrets: toSecretViews(secrets, row.id),
  clientCertificates: toClientCertificateViews(certificates, row.id, now),
  createdAt: toText(row.created_at),
  createdBy: readActor(row.created_by, row.created_by_ref),
})

const toUsedView = (
  row: Row,
  parts: Parts,
  { waiting, use }: { waiting: number; use: ClientCertificateUse[] },
): UsedWebhook => ({
  ...toView(row, parts),
  waiting,
  clientCertificateUse: use,
  failingSince: toText(row.failing_since),
  lastDeliveredAt: toText(row.last_delivered_at),
  droppedEvents: row.dropped_events,
  droppedAt: toText(row.dropped_at),
  pausedUntil: toText(row.paused_until),
})
