import { testEventType } from '../contract/events/announced-types.ts'
import type { DeliveryStatus, WebhookDeliveryView } from '../contract/webhook.ts'
import { PosternError } from '../errors.ts'
import { toText } from '../shapes/moment.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { createPaging, cursorParts, type Page } from '../storage/page.ts'
import { spendBudget } from '../storage/spend-budget.ts'
import { quiet } from '../storage/transact.ts'
import type { WebhookEvent } from './delivery-rows-store.ts'
import type { Attempt } from './send-message.ts'
import { retryForMs, webhookLimits } from './webhook-limits.ts'
import { notFound } from './webhook-store.ts'

const hour = 3_600_000
/** Longer than one try takes. */
const testTakesMs = 20_000

const paging = createPaging('webhook-deliveries', [cursorParts.number, cursorParts.name])

/** The filter and the page of a list of deliveries. */
export interface DeliveryListQuery {
  cursor?: string | undefined
  limit: number
  status?: DeliveryStatus | undefined
}

/** Names a webhook of an organization. */
export interface OwnWebhook {
  organizationId: string
  webhookId: string
}

/** Creates the store of deliveries as users see them. Every query names the organization. */
export function createDeliveryStore(database: Database) {
  const { queries } = database
  const find = async (own: OwnWebhook, id: string): Promise<WebhookDeliveryView> => {
    const row = await selectOwn(queries, own).where('webhook_deliveries.id', '=', id).executeTakeFirst()
    if (row === undefined) throw noDelivery()
    return toView(row)
  }

  return {
    /** Lists the deliveries of a webhook, newest first. Throws `not_found`. */
    async list(
      own: OwnWebhook,
      { cursor, limit, status }: DeliveryListQuery,
    ): Promise<Page<WebhookDeliveryView>> {
      const after = paging.findPosition(cursor, { status })
      await assertOwn(queries, own)
      let query = selectOwn(queries, own)
        .orderBy('webhook_deliveries.created_at', 'desc')
        .orderBy('webhook_deliveries.id', 'desc')
        .limit(limit + 1)
      if (status !== undefined) query = query.where('status', '=', status)
      if (after !== undefined)
        query = query.where((e) =>
          e(e.refTuple('webhook_deliveries.created_at', 'webhook_deliveries.id'), '<', e.tuple(...after)),
        )
      const rows = await query.execute()
      return paging.toPage(rows, { limit, filter: { status } }, (row) => [row.created_at, row.id], toView)
    },

    /**
     * Queues a delivery again: it is due now, also if the endpoint has asked for a pause, and tried as long as a new one. Throws `not_found`, `webhook_disabled`, and
     * `too_many_requests` while as many wait as may.
     */
    async replay(own: OwnWebhook, id: string, now: number): Promise<WebhookDeliveryView> {
      await database.transaction(async (tx) => {
        const { isEnabled } = await assertOwn(tx, own)
        if (!isEnabled) throw disabled()
        await assertRoomToWait(tx, own.webhookId, id)
        const { numUpdatedRows } = await tx
          .updateTable('webhook_deliveries')
          .set({ status: 'pending', due_at: now, expires_at: now + retryForMs, error: null })
          .where('webhook_id', '=', own.webhookId)
          .where('id', '=', id)
          .executeTakeFirst()
        if (numUpdatedRows === 0n) throw noDelivery()
        // Whoever sends again knows better than the endpoint did.
        await tx.updateTable('webhooks').set({ paused_until: null }).where('id', '=', own.webhookId).execute()
      }, quiet)
      return find(own, id)
    },

    /**
     * Stores the delivery of a test, which nothing tries again, before it is sent. Throws `not_found`, and
     * `too_many_requests` after as many tests of the organization as an hour has, and while one is on its way.
     */
    async beginTest(own: OwnWebhook, event: WebhookEvent, now: number): Promise<string> {
      const id = newId('webhookDelivery', now)
      await database.transaction(async (tx) => {
        await assertOwn(tx, own)
        // It locks the budget of the organization: tests that begin at once see each other.
        await assertTestsLeft(tx, own.organizationId, now)
        await assertNoTestOnItsWay(tx, own.organizationId, now)
        await tx
          .insertInto('webhook_deliveries')
          .values({
            id,
            webhook_id: own.webhookId,
            event_id: event.id,
            event_type: event.type,
            event_at: now,
            payload: JSON.stringify(event),
            status: 'failed',
            due_at: null,
            expires_at: now,
            created_at: now,
            last_attempt_at: null,
            response_status: null,
            response_body: null,
            duration_milliseconds: null,
            error: 'Postern stopped before it had an answer.',
            client_certificate_id: null,
          })
          .execute()
      }, quiet)
      return id
    },

    /** Stores what came of a test. Throws `not_found` if its webhook was deleted meanwhile. */
    async endTest(own: OwnWebhook, id: string, attempt: Attempt, now: number): Promise<WebhookDeliveryView> {
      await queries
        .updateTable('webhook_deliveries')
        .set({ ...toColumns(attempt), status: attempt.error === null ? 'delivered' : 'failed' })
        .set({ attempts: 1, last_attempt_at: now })
        .where('webhook_id', '=', own.webhookId)
        .where('id', '=', id)
        .execute()
      return find(own, id)
    },
  }
}

export type DeliveryStore = ReturnType<typeof createDeliveryStore>

/** Returns the columns of what came of a try. */
export const toColumns = (attempt: Attempt) => ({
  response_status: attempt.responseStatus,
  response_body: attempt.responseBody,
  duration_milliseconds: attempt.durationMilliseconds,
  error: attempt.error,
  client_certificate_id: attempt.clientCertificateId ?? null,
  rejected_client_certificate_id: attempt.rejectedClientCertificateId ?? null,
})

const noDelivery = () => new PosternError('not_found', 'There is no such delivery here.')
const disabled = () =>
  new PosternError('webhook_disabled', 'The webhook is disabled. Enable it, then send the event again.')

async function assertOwn(queries: Queries, { organizationId, webhookId }: OwnWebhook) {
  const row = await queries
    .selectFrom('webhooks')
    .select('disabled_reason')
    .where('organization_id', '=', organizationId)
    .where('id', '=', webhookId)
    .executeTakeFirst()
  if (row === undefined) throw notFound()
  return { isEnabled: row.disabled_reason === null }
}

async function assertRoomToWait(tx: Tx, webhookId: string, id: string): Promise<void> {
  const rows = await tx
    .selectFrom('webhook_deliveries')
    .select('id')
    .where('webhook_id', '=', webhookId)
    .where('due_at', 'is not', null)
    .where('id', '<>', id)
    .limit(webhookLimits.waiting)
    .execute()
  if (rows.length < webhookLimits.waiting) return
  throw new PosternError(
    'too_many_requests',
    'As many deliveries of this webhook wait as may. Try again when some of them have been sent.',
    { retryAfterSeconds: 60 },
  )
}

async function assertTestsLeft(tx: Tx, organizationId: string, now: number): Promise<void> {
  const budget = {
    subject: `webhook-tests:${organizationId}`,
    spanMs: hour,
    most: webhookLimits.testsPerHour,
  }
  if (await spendBudget(tx, budget, now)) return
  throw new PosternError(
    'too_many_requests',
    `Your organization has tested its webhooks ${webhookLimits.testsPerHour} times in this hour. Wait until the next hour, then test again.`,
    { retryAfterSeconds: Math.ceil((hour - (now % hour)) / 1000) },
  )
}

/** One whose process died is not waited for. */
async function assertNoTestOnItsWay(tx: Tx, organizationId: string, now: number): Promise<void> {
  const row = await tx
    .selectFrom('webhook_deliveries')
    .innerJoin('webhooks', 'webhooks.id', 'webhook_id')
    .select('webhook_deliveries.id')
    .where('organization_id', '=', organizationId)
    .where('event_type', '=', testEventType)
    .where('webhook_deliveries.last_attempt_at', 'is', null)
    .where('webhook_deliveries.created_at', '>', now - testTakesMs)
    .limit(1)
    .executeTakeFirst()
  if (row === undefined) return
  throw new PosternError(
    'too_many_requests',
    'A test of your organization is on its way. Wait until it has ended, then test again.',
    { retryAfterSeconds: testTakesMs / 1000 },
  )
}

const selectOwn = (queries: Queries, { organizationId, webhookId }: OwnWebhook) =>
  queries
    .selectFrom('webhook_deliveries')
    .innerJoin('webhooks', 'webhooks.id', 'webhook_id')
    .selectAll('webhook_deliveries')
    .where('organization_id', '=', organizationId)
    .where('webhook_id', '=', webhookId)

type Row = Awaited<ReturnType<ReturnType<typeof selectOwn>['executeTakeFirstOrThrow']>>

const toView = (row: Row): WebhookDeliveryView => ({
  id: row.id,
  eventId: row.event_id,
  eventType: row.event_type,
  eventAt: toText(row.event_at),
  status: row.status,
  attempts: row.attempts,
  createdAt: toText(row.created_at),
  lastAttemptAt: toText(row.last_attempt_at),
  nextAttemptAt: toText(row.due_at),
  responseStatus: row.response_status,
  responseBody: row.response_body,
  durationMilliseconds: row.duration_milliseconds,
  error: row.error,
  clientCertificateId: row.client_certificate_id,
  rejectedClientCertificateId: row.rejected_client_certificate_id,
})
