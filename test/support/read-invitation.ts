import type { Database } from '../../src/storage/database.ts'

const deadlineMs = 30_000
const pauseMs = 20

/** Returns the token of the last invitation to an address, from the email that waits or has arrived in the mailbox. */
export async function readInvitationToken({ queries }: Database, email: string): Promise<string> {
  for (const until = Date.now() + deadlineMs; Date.now() < until; ) {
    for (const table of ['outbox', 'mailbox'] as const) {
      const rows = await queries
        .selectFrom(table)
        .select('body')
        .where('recipient', '=', email)
        .orderBy('id', 'desc')
        .execute()
      const [, token] = /#token=([\w-]{43})/.exec(rows[0]?.body ?? '') ?? []
      if (token !== undefined) return token
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
  throw new Error(`no invitation to ${email} was sent`)
}
