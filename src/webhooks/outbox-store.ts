import { recordAudit } from '../audit/record-audit.ts'
import { systemActor } from '../shapes/actor.ts'
import type { Email } from '../shapes/email.ts'
import type { MasterKey } from '../shapes/master-key.ts'
import { listActiveAdmins } from '../storage/active-people.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { quiet } from '../storage/transact.ts'
import { toColumns } from './delivery-store.ts'
import { findRetryAfter } from './retry-after.ts'
import type { Attempt } from './send-message.ts'
import { disabledEmails, type PosternReason, queueFullEmails, type WebhookNews } from './webhook-emails.ts'
import { failingForMs, findRetryDelay, leastFailures, webhookLimits } from './webhook-limits.ts'
import { openWebhookTarget, type Target } from './webhook-secret-store.ts'
import { disable, subjectOf } from './webhook-store.ts'

const day = 86_400_000
const actor = systemActor('webhooks')

/** A webhook with deliveries that are due. */
export interface ReadyWebhook {
  id: string
  /** Whether its latest try failed. */
  isFailing: boolean
}

/** A delivery to try. */
export interface DueDelivery {
  id: string
  eventId: string
  payload: string
  /** Tries so far. */
  attempts: number
  expiresAt: number
}

interface OutboxDependencies {
  database: Database
  authorityKey: MasterKey
  portalUrl: string
  /** Where the page of a webhook of all environments is. */
  firstEnvironment: string
  writeEmails(tx: Tx, emails: readonly Email[], now: number): Promise<void>
  random?: () => number
}

/** Creates the store of deliveries as the sender sees them. */
export function createOutbox(dependencies: OutboxDependencies) {
  const { database, authorityKey, random } = dependencies
  const { queries } = database

  return {
    /** Lists webhooks with deliveries that are due: those that fail last, and the one first that was tried the longest ago. */
    async listReady(except: readonly string[], limit: number, now: number): Promise<ReadyWebhook[]> {
      const isAnyDue = await queries
        .selectFrom('webhook_deliveries')
        .select('id')
        .where('due_at', '<=', now)
        .limit(1)
        .executeTakeFirst()
      if (isAnyDue === undefined) return []
      let query = selectSending(queries, now)
        .select(['webhooks.id', 'failing_since'])
        .where((e) =>
          e.exists(
            e
              .selectFrom('webhook_deliveries')
              .select('webhook_deliveries.id')
              .whereRef('webhook_id', '=', 'webhooks.id')
              .where('due_at', '<=', now),
          ),
        )
        .orderBy((e) => e.case().when('failing_since', 'is', null).then(0).else(1).end())
        .orderBy((e) => e.fn.coalesce('last_attempt_at', e.lit(0)))
        .limit(limit)
      if (except.length > 0) query = query.where('webhooks.id', 'not in', [...except])
      return (await query.execute()).map((row) => ({ id: row.id, isFailing: row.failing_since !== null }))
    },

    /** Lists deliveries of a webhook that are due, the first one first. */
    async listDue(webhookId: string, limit: number, now: number): Promise<DueDelivery[]> {
      const rows = await queries
        .selectFrom('webhook_deliveries')
        .select(['id', 'event_id', 'payload', 'attempts', 'expires_at'])
        .where('webhook_id', '=', webhookId)
        .where('due_at', '<=', now)
        .orderBy('due_at')
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map((row) => ({
        id: row.id,
        eventId: row.event_id,
        payload: row.payload,
        attempts: row.attempts,
        expiresAt: row.expires_at,
      }))
    },

    /** Returns undefined for a webhook that is sent nothing now. Throws `master_key_wrong`. */
    async findTarget(webhookId: string, now: number): Promise<Target | undefined> {
      const row = await selectSending(queries, now)
        .select(['url', 'server_ca'])
        .where('webhooks.id', '=', webhookId)
        .executeTakeFirst()
      if (row === undefined) return undefined
      const place = { webhookId, url: row.url, serverCa: row.server_ca }
      return openWebhookTarget(queries, place, { authorityKey, now })
    },

    /** Stores what came of a try, and when the next one is. Disables a webhook that is gone or failed for too long. */
    async record(webhookId: string, delivery: DueDelivery, attempt: Attempt, now: number): Promise<void> {
      const hasFailed = attempt.error !== null
      const asked = hasFailed ? findRetryAfter(attempt, now) : undefined
      const nextAt = Math.max(
        now + findRetryDelay(delivery.attempts + 1, random),
        // A wait that was asked for ends no delivery: it is tried once more at its end.
        asked === undefined ? 0 : Math.min(now + asked, delivery.expiresAt),
      )
      const isOver = !hasFailed || nextAt > delivery.expiresAt
      const state = await database.transaction(async (tx) => {
        await tx
          .updateTable('webhook_deliveries')
          .set({ ...toColumns(attempt), attempts: delivery.attempts + 1, last_attempt_at: now })
          .set({
            status: hasFailed ? (isOver ? 'failed' : 'pending') : 'delivered',
            due_at: isOver ? null : nextAt,
          })
          .where('webhook_id', '=', webhookId)
          .where('id', '=', delivery.id)
          // Another process may have tried it meanwhile.
          .where('attempts', '=', delivery.attempts)
          .where('due_at', 'is not', null)
          .execute()
        if (asked !== undefined) await pause(tx, webhookId, now + asked)
        if (attempt.isOurs) return noteTry(tx, webhookId, now)
        return hasFailed ? noteFailure(tx, webhookId, now) : noteSuccess(tx, webhookId, now)
      }, quiet)
      if (attempt.responseStatus === 410) await end(dependencies, webhookId, 'gone', now)
      else if (isFailingForLong(state, now)) await end(dependencies, webhookId, 'failing', now)
    },

    /** Disables a webhook that has no valid secret, as after a restore: nothing is sent without a signature. */
    endUnsigned: (webhookId: string, now: number): Promise<void> =>
      end(dependencies, webhookId, 'no_secret', now),

    /** Puts the due deliveries of a webhook off that cannot be sent for a reason of ours. */
    async postpone(webhookId: string, until: number, now: number): Promise<void> {
      await queries
        .updateTable('webhook_deliveries')
        .set({ due_at: until })
        .where('webhook_id', '=', webhookId)
        .where('due_at', '<=', now)
        .execute()
    },

    /** Tells the owners of webhooks whose events are dropped, once a day. */
    async reportDropped(now: number): Promise<void> {
      const found = await queries
        .selectFrom('webhooks')
        .select('id')
        .where('dropped_at', 'is not', null)
        .where((e) =>
          e.or([e('told_dropped_at', 'is', null), e('dropped_at', '>=', e('told_dropped_at', '+', day))]),
        )
        .limit(100)
        .execute()
      for (const { id } of found) await reportFull(dependencies, id, now)
    },
  }
}

export type Outbox = ReturnType<typeof createOutbox>

/** Webhooks that are enabled, of organizations that are active, whose endpoint has not asked to be left alone. */
const selectSending = (queries: Queries, now: number) =>
  queries
    .selectFrom('webhooks')
    .innerJoin('organizations', 'organizations.id', 'webhooks.organization_id')
    .where('disabled_reason', 'is', null)
    .where('organizations.status', '=', 'active')
    .where((e) => e.or([e('paused_until', 'is', null), e('paused_until', '<=', now)]))

/** Sends the endpoint nothing more until then; another try on its way may have been told a later time. */
async function pause(tx: Tx, webhookId: string, until: number): Promise<void> {
  await tx
    .updateTable('webhooks')
    .set({ paused_until: until })
    .where('id', '=', webhookId)
    .where((e) => e.or([e('paused_until', 'is', null), e('paused_until', '<', until)]))
    .execute()
}

interface FailureState {
  failing_since: number | null
  failures: number
}

const noteFailure = (tx: Tx, webhookId: string, now: number): Promise<FailureState | undefined> =>
  tx
    .updateTable('webhooks')
    .set((e) => ({
      failing_since: e.fn.coalesce('failing_since', e.val(now)),
      failures: e('failures', '+', 1),
      last_attempt_at: now,
    }))
    .where('id', '=', webhookId)
    .returning(['failing_since', 'failures'])
    .executeTakeFirst()

async function noteSuccess(tx: Tx, webhookId: string, now: number): Promise<undefined> {
  await tx
    .updateTable('webhooks')
    .set({ failing_since: null, failures: 0, last_delivered_at: now, last_attempt_at: now })
    .where('id', '=', webhookId)
    .execute()
}

/** A failure of ours says nothing about the endpoint: it is neither failing for it nor well. */
async function noteTry(tx: Tx, webhookId: string, now: number): Promise<undefined> {
  await tx.updateTable('webhooks').set({ last_attempt_at: now }).where('id', '=', webhookId).execute()
}

/** After a time without Postern, one failure says little: a few have to come together. */
const isFailingForLong = (state: FailureState | undefined, now: number): boolean =>
  state !== undefined &&
  state.failing_since !== null &&
  now - state.failing_since >= failingForMs &&
  state.failures >= leastFailures

async function end(
  { database, portalUrl, firstEnvironment, writeEmails }: OutboxDependencies,
  webhookId: string,
  reason: PosternReason,
  now: number,
): Promise<void> {
  await database.transaction(async (tx) => {
    const news = await findNews(tx, webhookId, firstEnvironment)
    if (news === undefined || news.isDisabled) return
    await recordAudit(
      tx,
      { actor, action: 'webhook.disabled', ...subjectOf(news.organizationId, webhookId), after: { reason } },
      now,
    )
    await disable(tx, webhookId, reason)
    await writeEmails(tx, disabledEmails(portalUrl, news, { reason, now }), now)
  })
}

async function reportFull(
  { database, portalUrl, firstEnvironment, writeEmails }: OutboxDependencies,
  webhookId: string,
  now: number,
): Promise<void> {
  await database.transaction(async (tx) => {
    const news = await findNews(tx, webhookId, firstEnvironment)
    if (news === undefined) return
    await recordAudit(
      tx,
      {
        actor,
        action: 'webhook.queue_full',
        ...subjectOf(news.organizationId, webhookId),
        after: { waiting: webhookLimits.waiting },
      },
      now,
    )
    await tx.updateTable('webhooks').set({ told_dropped_at: now }).where('id', '=', webhookId).execute()
    await writeEmails(tx, queueFullEmails(portalUrl, news, now), now)
  })
}

/** Returns what an email about a webhook needs: it goes to the creator, or to all admins if that one is no admin now. */
async function findNews(
  tx: Tx,
  webhookId: string,
  firstEnvironment: string,
): Promise<(WebhookNews & { isDisabled: boolean }) | undefined> {
  const row = await tx
    .selectFrom('webhooks')
    .innerJoin('organizations', 'organizations.id', 'webhooks.organization_id')
    .select([
      'webhooks.id',
      'name',
      'environment',
      'organization_id',
      'slug',
      'created_by_ref',
      'disabled_reason',
    ])
    .where('webhooks.id', '=', webhookId)
    .executeTakeFirst()
  if (row === undefined) return undefined
  const admins = await listActiveAdmins(tx, row.organization_id)
  const creator = admins.filter(({ id }) => row.created_by_ref === `person:${id}`)
  return {
    id: row.id,
    name: row.name,
    organizationId: row.organization_id,
    slug: row.slug,
    environment: row.environment ?? firstEnvironment,
    recipients: (creator.length > 0 ? creator : admins).map(({ email }) => email),
    isDisabled: row.disabled_reason !== null,
  }
}
