import { sql } from 'kysely'
import type { OwnEmailSummary, OwnEmailView } from '../contract/mail.ts'
import type { OperatorRole } from '../contract/roles.ts'
import { PosternError } from '../errors.ts'
import { toText } from '../shapes/moment.ts'
import type { Database } from '../storage/database.ts'
import { createPaging, cursorParts, type Page } from '../storage/page.ts'

/** The user whose emails are read. */
export interface EmailReader {
  userId: string
  email: string
  operatorRole: OperatorRole | null
  /** The organization whose emails alone are read, in a session that its provider began; else null. */
  signedInBy: string | null
}

const paging = createPaging('own emails', [cursorParts.name])

/**
 * Creates the store of the emails to a user, sent or not: by address, and only about organizations of which the user is
 * a member. Withheld emails have no text and are left out, and so are those with a secret: a session alone must not be enough
 * to read a link.
 */
export function createOwnEmailStore({ queries }: Database) {
  const select = ({ userId, email, operatorRole, signedInBy }: EmailReader) => {
    const own = queries
      .selectFrom('outbox')
      .selectAll()
      .where(sql`lower(recipient)`, '=', email.toLowerCase())
      .where('body', '!=', '')
      .where('is_secret', '=', 0)
    if (operatorRole !== null) return own
    const organizations = queries
      .selectFrom('members')
      .select('organization_id')
      .where('user_id', '=', userId)
    if (signedInBy !== null)
      return own.where('organization_id', '=', signedInBy).where('organization_id', 'in', organizations)
    return own.where((e) =>
      e.or([e('organization_id', 'is', null), e('organization_id', 'in', organizations)]),
    )
  }
  return {
    async list(
      reader: EmailReader,
      { cursor, limit }: { cursor?: string | undefined; limit: number },
    ): Promise<Page<OwnEmailSummary>> {
      const from = paging.findPosition(cursor)
      const all = from === undefined ? select(reader) : select(reader).where('id', '<', from[0])
      const rows = await all
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute()
      return paging.toPage(rows, limit, (row) => [row.id], toView)
    },

    /** Throws `not_found`. */
    async get(reader: EmailReader, id: string): Promise<OwnEmailView> {
      const row = await select(reader).where('id', '=', id).executeTakeFirst()
      if (row === undefined) throw new PosternError('not_found', 'Not found, or you do not have access.')
      return { ...toView(row), text: row.body }
    },
  }
}

export type OwnEmailStore = ReturnType<typeof createOwnEmailStore>

interface Row {
  id: string
  recipient: string
  subject: string
  created_at: number
}

const toView = ({ id, recipient, subject, created_at }: Row): OwnEmailSummary => ({
  id,
  to: recipient,
  subject,
  createdAt: toText(created_at),
})
