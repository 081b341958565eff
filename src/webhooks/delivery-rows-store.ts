import { createHash } from 'node:crypto'
import { idPrefixes } from '../contract/ids.ts'
import type { Tx } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { retryForMs, webhookLimits } from './webhook-limits.ts'

const rowsPerStatement = 50
const idLength = 26

/** An event as an endpoint gets it: the envelope of docs/events.md. */
export interface WebhookEvent {
  id: string
  type: string
  time: string
  environment: string | null
  [member: string]: unknown
}

/** An event for one webhook. */
export interface PlannedDelivery {
  webhookId: string
  event: WebhookEvent
}

/** Returns the ID of an event that the audit log does not have: the same for each repetition. */
export const toEventId = (key: string): string =>
  `${idPrefixes.event}_${createHash('sha256').update(key).digest('hex').slice(0, idLength)}`

/** Returns whether a webhook is told of an event. */
export function isWanted(
  { environment, eventTypes }: { environment: string | null; eventTypes: readonly string[] | null },
  event: Pick<WebhookEvent, 'type' | 'environment'>,
): boolean {
  if (environment !== null && environment !== event.environment) return false
  return eventTypes === null || eventTypes.includes(event.type)
}

/**
 * Queues deliveries; one whose event the webhook has already is left alone, and one beyond what may wait is dropped and
 * counted. `waiting` has how many wait for each webhook.
 */
export async function queueDeliveries(
  tx: Tx,
  planned: readonly PlannedDelivery[],
  waiting: ReadonlyMap<string, number>,
  now: number,
): Promise<void> {
  const counts = new Map(waiting)
  const dropped = new Map<string, number>()
  const taken = planned.filter(({ webhookId }) => {
    const count = counts.get(webhookId) ?? 0
    const map = count < webhookLimits.waiting ? counts : dropped
    map.set(webhookId, (map.get(webhookId) ?? 0) + 1)
    return map === counts
  })
  for (let start = 0; start < taken.length; start += rowsPerStatement)
    await tx
      .insertInto('webhook_deliveries')
      .values(taken.slice(start, start + rowsPerStatement).map((one) => toRow(one, now)))
      .onConflict((conflict) => conflict.columns(['webhook_id', 'event_id']).doNothing())
      .execute()
  for (const [webhookId, count] of dropped)
    await tx
      .updateTable('webhooks')
      .set((e) => ({ dropped_events: e('dropped_events', '+', count), dropped_at: now }))
      .where('id', '=', webhookId)
      .execute()
}

const toRow = ({ webhookId, event }: PlannedDelivery, now: number) => ({
  id: newId('webhookDelivery', now),
  webhook_id: webhookId,
  event_id: event.id,
  event_type: event.type,
  event_at: Date.parse(event.time),
  payload: JSON.stringify(event),
  status: 'pending' as const,
  due_at: now,
  expires_at: now + retryForMs,
  created_at: now,
  last_attempt_at: null,
  response_status: null,
  response_body: null,
  duration_milliseconds: null,
  error: null,
  client_certificate_id: null,
})

/** Ends what waits for a webhook as failed. */
export async function failWaiting(tx: Tx, webhookId: string, error: string): Promise<void> {
  await tx
    .updateTable('webhook_deliveries')
    .set({ status: 'failed', due_at: null, error })
    .where('webhook_id', '=', webhookId)
    .where('due_at', 'is not', null)
    .execute()
}
