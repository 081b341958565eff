import type { Clock } from '../clock.ts'
import type { DueDelivery, Outbox } from './outbox-store.ts'
import type { SendMessage } from './send-message.ts'
import { signMessage } from './sign-message.ts'
import type { Target } from './webhook-secret-store.ts'

/** How many webhooks one process sends to at a time; those that fail get no more than a part of it. */
const most = { webhooks: 100, failing: 50 }
/** How many deliveries of one webhook are on their way at a time; one while it fails. */
const atOnce = 2
/** Then the portal that has the lease of the scheduled tasks begins again. */
const maxRounds = 20
/** After a problem of ours, such as a key that opens no secret, a webhook is looked at again. */
const ownProblemMs = 5 * 60_000

interface SenderDependencies {
  outbox: Outbox
  send: SendMessage
  clock: Clock
  onFailure(what: string, error: unknown): void
}

/** Sends deliveries that are due. */
export interface WebhookSender {
  /** Begins with each webhook that has deliveries due and is not being sent to; does not wait for them. */
  begin(): Promise<void>
  /** Waits until nothing is on its way. */
  settle(): Promise<void>
  /** Breaks off what is on its way: it is sent again by whoever sends next. */
  close(): Promise<void>
}

/**
 * Creates the sender of one process. Each webhook is sent to by itself: one that hangs delays no other, and those that
 * fail leave at least half of the places to those that do not.
 */
export function createWebhookSender({ outbox, send, clock, onFailure }: SenderDependencies): WebhookSender {
  const stop = new AbortController()
  /** Whether each webhook that is sent to was failing. */
  const running = new Map<string, { isFailing: boolean; done: Promise<void> }>()

  const deliver = async (webhookId: string, target: Target, delivery: DueDelivery): Promise<boolean> => {
    const { eventId: id, payload: body } = delivery
    const timestamp = Math.floor(clock.now() / 1000)
    const { url, serverCa, secrets, identity } = target
    const headers = signMessage(secrets, { id, timestamp, body })
    const attempt = await send({ url, headers, body, serverCa, identity }, stop.signal)
    await outbox.record(webhookId, delivery, attempt, clock.now())
    return attempt.error === null
  }

  /** Sends what is due, until nothing is left or a delivery fails: the rest is due as before. */
  const work = async (webhookId: string, isFailing: boolean): Promise<void> => {
    for (let round = 0; round < maxRounds && !stop.signal.aborted; round += 1) {
      const count = isFailing && round === 0 ? 1 : atOnce
      const target = await outbox.findTarget(webhookId, clock.now())
      const due = target === undefined ? [] : await outbox.listDue(webhookId, count, clock.now())
      if (target === undefined || due.length === 0) return
      if (target.secrets.length === 0) return outbox.endUnsigned(webhookId, clock.now())
      const results = await Promise.all(due.map((delivery) => deliver(webhookId, target, delivery)))
      if (results.includes(false)) return
    }
  }

  const start = (id: string, isFailing: boolean): void => {
    const done = work(id, isFailing)
      .catch(async (error) => {
        if (stop.signal.aborted) return
        onFailure('send-webhooks', error)
        const now = clock.now()
        await outbox.postpone(id, now + ownProblemMs, now).catch(() => {})
      })
      .finally(() => running.delete(id))
    running.set(id, { isFailing, done })
  }

  return {
    async begin() {
      const free = most.webhooks - running.size
      if (stop.signal.aborted || free <= 0) return
      const ready = await outbox.listReady([...running.keys()], most.webhooks, clock.now())
      let failing = [...running.values()].filter((one) => one.isFailing).length
      let begun = 0
      for (const { id, isFailing } of ready) {
        if (begun >= free || stop.signal.aborted) return
        if (isFailing && failing >= most.failing) continue
        if (isFailing) failing += 1
        begun += 1
        start(id, isFailing)
      }
    },
    async settle() {
      while (running.size > 0) await Promise.all([...running.values()].map(({ done }) => done))
    },
    async close() {
      stop.abort(new Error('Postern stops'))
      await this.settle()
    },
  }
}

/** Queues new events and begins to send what is due; what cannot be queued holds up nothing that waits, and is thrown. */
export async function planAndSend(
  planner: { plan(now: number): Promise<unknown> },
  sender: Pick<WebhookSender, 'begin'>,
  now: number,
): Promise<void> {
  try {
    await planner.plan(now)
  } finally {
    await sender.begin()
  }
}
