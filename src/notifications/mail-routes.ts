import type { Handlers } from '../http/handler.ts'
import type { MailboxStore } from './mailbox-store.ts'

/** Returns the handlers for the built-in mailbox. */
export function mailRoutes({
  mailbox,
}: {
  mailbox: MailboxStore
}): Pick<Handlers, 'listEmails' | 'getEmail'> {
  return {
    listEmails: ({ query }) => mailbox.list(query),
    getEmail: ({ params }) => mailbox.get(params.emailId),
  }
}
