import type { ExpressionBuilder } from 'kysely'
import type { Email } from '../shapes/email.ts'
import type { Database } from '../storage/database.ts'
import { retryWhileUnavailable } from '../storage/retry-while-unavailable.ts'
import type { Schema } from '../storage/schema.ts'

/** The kind of the jobs that send emails; their key is the email's id. */
export const sendMailJob = 'send-mail'

/** An email that has not been sent yet. */
export interface UnsentEmail extends Omit<Email, 'action' | 'mayUnsubscribe'> {
  mayUnsubscribe: boolean
  action: string | null
}

/** Time limit for recording that an email was sent. */
const maxAwayMs = 5 * 60_000

/** Creates the store of emails that wait to be sent. */
export function createOutboxStore({ queries }: Database) {
  return {
    /** Returns an email that has not been sent yet. */
    async findUnsent(id: string): Promise<UnsentEmail | undefined> {
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
          action: row.action,
          mayUnsubscribe: row.may_unsubscribe === 1,
        }
      )
    },
    /**
     * Records that an email was sent, as soon as the store is available: it would be sent again otherwise.
     */
    async markSent(id: string, now: number): Promise<void> {
      const mark = queries
        .updateTable('outbox')
        .set((e) => ({ sent_at: now, body: withoutSecret(e) }))
        .where('id', '=', id)
      await retryWhileUnavailable(() => mark.execute(), maxAwayMs)
    },
    /** Records that an email is not retried. */
    async markUndeliverable(id: string): Promise<void> {
      await queries
        .updateTable('outbox')
        .set((e) => ({ withheld: 'undeliverable', body: withoutSecret(e) }))
        .where('id', '=', id)
        .where('sent_at', 'is', null)
        .execute()
    },
    /** Records an attempt that failed, and at which time if the server refused the address. */
    async markFailed(id: string, problem: string, refusedAt: number | null): Promise<void> {
      await queries
        .updateTable('outbox')
        .set((e) => ({ attempts: e('attempts', '+', 1), last_error: problem, refused_at: refusedAt }))
        .where('id', '=', id)
        .execute()
    },
  }
}

/** The text of an email that is not sent again: none if it is a secret. */
const withoutSecret = (e: ExpressionBuilder<Schema, 'outbox'>) =>
  e.case().when('is_secret', '=', 1).then('').else(e.ref('body')).end()

export type OutboxStore = ReturnType<typeof createOutboxStore>
