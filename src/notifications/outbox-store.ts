import { sql } from 'kysely'
import type { Email } from '../shapes/email.ts'
import type { Database } from '../storage/database.ts'
import { retryWhileUnavailable } from '../storage/retry-while-unavailable.ts'

/** The kind of the jobs that send emails; their key is the email's id. */
export const sendMailJob = 'send-mail'

/** Time limit for recording that an email was sent. */
const maxAwayMs = 5 * 60_000

const bodyWithoutSecret = sql<string>`case when has_secret = 1 then '' else body end`

/** Creates the store of emails that wait to be sent. */
export function createOutboxStore({ queries }: Database) {
  return {
    /** Returns an email that has not been sent yet. */
    async findUnsent(id: string): Promise<Email | undefined> {
      const row = await queries
        .selectFrom('outbox')
        .selectAll()
        .where('id', '=', id)
        .where('sent_at', 'is', null)
        .where('withheld', 'is', null)
        .executeTakeFirst()
      return (
        row && {
          key: row.key,
          organizationId: row.organization_id,
          recipient: row.recipient,
          subject: row.subject,
          body: row.body,
        }
      )
    },
    /**
     * Records that an email was sent, as soon as the store is available: it would be sent again otherwise.
     */
    async markSent(id: string, now: number): Promise<void> {
      const mark = queries
        .updateTable('outbox')
        .set({ sent_at: now, body: bodyWithoutSecret })
        .where('id', '=', id)
      await retryWhileUnavailable(() => mark.execute(), maxAwayMs)
    },
    /** Records that an email is not retried. */
    async markUndeliverable(id: string): Promise<void> {
      await queries
        .updateTable('outbox')
        .set({ withheld: 'undeliverable', body: bodyWithoutSecret })
        .where('id', '=', id)
        .where('sent_at', 'is', null)
        .execute()
    },
    async markFailed(id: string, problem: string): Promise<void> {
      await queries
        .updateTable('outbox')
        .set((e) => ({ attempts: e('attempts', '+', 1), last_error: problem }))
        .where('id', '=', id)
        .execute()
    },
  }
}

export type OutboxStore = ReturnType<typeof createOutboxStore>
