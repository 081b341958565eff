import type { AuditStore } from '../audit/audit-store.ts'
import { type AuditRecord, toChangeEvent } from '../audit/to-change-event.ts'
import { webhookEventTypes } from '../contract/webhook.ts'
import type { Announcement } from '../shapes/announcement.ts'
import { toText } from '../shapes/moment.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { quiet } from '../storage/transact.ts'
import {
  isWanted,
  type PlannedDelivery,
  queueDeliveries,
  toEventId,
  type WebhookEvent,
} from './delivery-rows-store.ts'
import { countWaiting } from './webhook-store.ts'

const rowsAtOnce = 100
/** After so many rows the planning ends, and the next one goes on. */
const maxSteps = 50
const cursor = 'audit'

/**
 * Creates what queues the events of the audit log for webhooks. It follows the log by a cursor that moves in the
 * transaction that queues: nothing is left out, whenever the process ends, and a change costs nothing more where no
 * webhook is enabled.
 */
export function createDeliveryPlanner(database: Database, audit: Pick<AuditStore, 'listAfter' | 'findEnd'>) {
  const { queries } = database

  const planStep = async (now: number): Promise<boolean> => {
    const [from, end] = await Promise.all([readCursor(queries), audit.findEnd()])
    if (end.sequence <= from) return false
    const webhooks = await listEnabled(queries)
    if (webhooks.length === 0) return false
    // Nothing up to there is for any of them.
    const start = Math.max(from, Math.min(...webhooks.map(({ afterSequence }) => afterSequence)))
    const records = await audit.listAfter(start, rowsAtOnce)
    const last = records.at(-1)
    if (last === undefined) return false
    const planned = planRecords(records, webhooks)
    await database.transaction(async (tx) => {
      // Another process that plans too has moved it: what it queued is not queued again.
      if (await moveCursor(tx, from, last.sequence)) await queueFor(tx, planned, now)
    }, quiet)
    return records.length === rowsAtOnce
  }

  return {
    /** Queues what happened since the last time. */
    async plan(now: number, isStopped: () => boolean = () => false): Promise<void> {
      for (let step = 0; step < maxSteps && !isStopped(); step += 1) if (!(await planStep(now))) return
    },
  }
}

/** Returns the deliveries of recorded changes. A type that is not in the catalogue of webhooks is sent to none. */
function planRecords(
  records: readonly AuditRecord[],
  webhooks: readonly EnabledWebhook[],
): PlannedDelivery[] {
  const bySlug = Map.groupBy(webhooks, ({ slug }) => slug)
  return records.flatMap((record) => {
    const own = record.organization === null ? undefined : bySlug.get(record.organization)
    if (own === undefined) return []
    const event = { ...toChangeEvent(record) }
    if (!webhookEventTypes.includes(event.type)) return []
    return own
      .filter((webhook) => webhook.afterSequence < record.sequence && isWanted(webhook, event))
      .map(({ id }) => ({ webhookId: id, event }))
  })
}

/**
 * Queues announcements for the webhooks of their organizations, in the transaction of what they announce. One with a
 * known key is queued once.
 */
export async function announce(tx: Tx, announcements: readonly Announcement[], now: number): Promise<void> {
  if (announcements.length === 0) return
  const webhooks = await listEnabled(tx, [...new Set(announcements.map((one) => one.organizationId))])
  if (webhooks.length === 0) return
  const names = await readNames(
    tx,
    announcements.map(({ certificateId }) => certificateId),
  )
  const planned = announcements.flatMap((announcement) =>
    webhooks
      .filter(({ organizationId }) => organizationId === announcement.organizationId)
      .flatMap((webhook): PlannedDelivery[] => {
        const event = toEvent(announcement, webhook.slug, names.get(announcement.certificateId) ?? null)
        return isWanted(webhook, event) ? [{ webhookId: webhook.id, event }] : []
      }),
  )
  await queueFor(tx, await withoutKnown(tx, planned), now)
}

/** What a webhook has already is not queued, and not counted as dropped either. */
async function withoutKnown(tx: Tx, planned: readonly PlannedDelivery[]): Promise<PlannedDelivery[]> {
  if (planned.length === 0) return []
  const rows = await tx
    .selectFrom('webhook_deliveries')
    .select(['webhook_id', 'event_id'])
    .where('webhook_id', 'in', [...new Set(planned.map(({ webhookId }) => webhookId))])
    .where('event_id', 'in', [...new Set(planned.map(({ event }) => event.id))])
    .execute()
  const known = new Set(rows.map((row) => `${row.webhook_id} ${row.event_id}`))
  return planned.filter(({ webhookId, event }) => !known.has(`${webhookId} ${event.id}`))
}

const toEvent = (
  { key, type, environment, certificateId, subject, at, data }: Announcement,
  organization: string,
  name: string | null,
): WebhookEvent => ({
  id: toEventId(key),
  type,
  time: toText(at),
  organization,
  environment,
  subject: subject ?? { kind: 'certificate', id: certificateId, name },
  data,
})

async function queueFor(tx: Tx, planned: readonly PlannedDelivery[], now: number): Promise<void> {
  if (planned.length === 0) return
  const waiting = await countWaiting(tx, [...new Set(planned.map(({ webhookId }) => webhookId))])
  await queueDeliveries(tx, planned, waiting, now)
}

/** A webhook that is told of events. */
interface EnabledWebhook {
  id: string
  organizationId: string
  slug: string
  environment: string | null
  eventTypes: string[] | null
  afterSequence: number
}

/** A closed organization is told nothing; what a suspended one is told waits until it is reactivated. */
async function listEnabled(queries: Queries, organizationIds?: readonly string[]): Promise<EnabledWebhook[]> {
  let query = queries
    .selectFrom('webhooks')
    .innerJoin('organizations', 'organizations.id', 'webhooks.organization_id')
    .select(['webhooks.id', 'organization_id', 'environment', 'event_types', 'after_sequence', 'slug'])
    .where('disabled_reason', 'is', null)
    .where('organizations.status', '<>', 'closed')
  if (organizationIds !== undefined) query = query.where('organization_id', 'in', [...organizationIds])
  return (await query.execute()).map((row) => ({
    id: row.id,
    organizationId: row.organization_id,
    slug: row.slug,
    environment: row.environment,
    eventTypes: JSON.parse(row.event_types) as string[] | null,
    afterSequence: row.after_sequence,
  }))
}

async function readNames(tx: Tx, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await tx
    .selectFrom('certificates')
    .select(['id', 'name'])
    .where('id', 'in', [...ids])
    .execute()
  return new Map(rows.map(({ id, name }) => [id, name]))
}

/** Where nothing was read yet, no webhook is told of what came before it. */
async function readCursor(queries: Queries): Promise<number> {
  const row = await findCursor(queries)
  if (row !== undefined) return row.sequence
  const { first } = await queries
    .selectFrom('webhooks')
    .select((e) => e.fn.min<number | null>('after_sequence').as('first'))
    .executeTakeFirstOrThrow()
  const { last } = await queries
    .selectFrom('audit')
    .select((e) => e.fn.max<number | null>('sequence').as('last'))
    .executeTakeFirstOrThrow()
  await queries
    .insertInto('webhook_cursors')
    .values({ name: cursor, sequence: first ?? last ?? 0 })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute()
  return (await findCursor(queries))?.sequence ?? 0
}

const findCursor = (queries: Queries) =>
  queries.selectFrom('webhook_cursors').select('sequence').where('name', '=', cursor).executeTakeFirst()

/** Returns false, and changes nothing, if the cursor is elsewhere. */
async function moveCursor(tx: Tx, from: number, to: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('webhook_cursors')
    .set({ sequence: to })
    .where('name', '=', cursor)
    .where('sequence', '=', from)
    .executeTakeFirst()
  return Number(numUpdatedRows) === 1
}
