import { enqueueJob } from '../jobs/job-store.ts'
import type { Database, Tx } from '../storage/database.ts'
import { newId } from '../storage/id.ts'

/** The kind of the jobs that send letters; their key is the letter's id. */
export const sendMailJob = 'send-mail'

/** A letter to one person. */
export interface Letter {
  /** The same key is written once, however often it is asked for. */
  key: string
  organizationId: string | null
  recipient: string
  subject: string
  body: string
}

/** Puts letters into the transaction that causes them; a job sends them. */
export async function writeLetters(tx: Tx, letters: readonly Letter[], now: number): Promise<void> {
  for (const letter of letters) {
    const id = newId('mail', now)
    const { organizationId, ...rest } = letter
    const written = await tx
      .insertInto('outbox')
      .values({ id, ...rest, organization_id: organizationId, created_at: now })
      .onConflict((conflict) => conflict.column('key').doNothing())
      .returning('id')
      .executeTakeFirst()
    if (written !== undefined) await enqueueJob(tx, { kind: sendMailJob, key: id }, now, now)
  }
}

/** Letters that wait to be sent. */
export function createOutboxStore({ queries }: Database) {
  return {
    /** A letter that has not been sent yet. */
    async findUnsent(id: string): Promise<Letter | undefined> {
      const row = await queries
        .selectFrom('outbox')
        .selectAll()
        .where('id', '=', id)
        .where('sent_at', 'is', null)
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
    async markSent(id: string, now: number): Promise<void> {
      await queries.updateTable('outbox').set({ sent_at: now }).where('id', '=', id).execute()
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
