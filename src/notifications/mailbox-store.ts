import type { EmailSummary, EmailView } from '../contract/mail.ts'
import { PosternError } from '../errors.ts'
import { toText } from '../shapes/moment.ts'
import type { Database } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { createPaging, cursorParts, type Page } from '../storage/page.ts'

interface Row {
  id: string
  recipient: string
  sender: string
  subject: string
  received_at: number
}

const paging = createPaging('mail', [cursorParts.name])

/** Creates the store of the built-in mailbox, which receives emails if no mail server is configured. */
export function createMailboxStore({ queries }: Database) {
  return {
    async insert(
      email: { recipient: string; sender: string; subject: string; body: string },
      now: number,
    ): Promise<void> {
      await queries
        .insertInto('mailbox')
        .values({ id: newId('email', now), ...email, received_at: now })
        .execute()
    },

    async list({
      cursor,
      limit,
    }: {
      cursor?: string | undefined
      limit: number
    }): Promise<Page<EmailSummary>> {
      let query = queries
        .selectFrom('mailbox')
        .selectAll()
        .orderBy('id', 'desc')
        .limit(limit + 1)
      const from = paging.findPosition(cursor)
      if (from !== undefined) query = query.where('id', '<', from[0])
      return paging.toPage(await query.execute(), limit, (row) => [row.id], toView)
    },

    /** Throws `not_found`. */
    async get(id: string): Promise<EmailView> {
      const row = await queries.selectFrom('mailbox').selectAll().where('id', '=', id).executeTakeFirst()
      if (row === undefined) throw new PosternError('not_found', 'Not found, or you do not have access.')
      return { ...toView(row), text: row.body }
    },
  }
}

export type MailboxStore = ReturnType<typeof createMailboxStore>

const toView = (row: Row): EmailSummary => ({
  id: row.id,
  to: row.recipient,
  from: row.sender,
  subject: row.subject,
  receivedAt: toText(row.received_at),
})
