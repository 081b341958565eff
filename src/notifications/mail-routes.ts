import type { Handlers } from '../http/handler.ts'
import type { MailboxStore } from './mailbox-store.ts'
import type { OwnEmailStore } from './own-email-store.ts'

/** Returns the handlers for the built-in mailbox and for the emails of a user. */
export function mailRoutes({
  mailbox,
  ownEmails,
}: {
  mailbox: MailboxStore
  ownEmails: OwnEmailStore
}): Pick<Handlers, 'listEmails' | 'getEmail' | 'listOwnEmails' | 'getOwnEmail'> {
  return {
    listEmails: ({ query }) => mailbox.list(query),
    getEmail: ({ params }) => mailbox.get(params.emailId),
    listOwnEmails: ({ session, query }) => ownEmails.list(session, query),
    getOwnEmail: ({ session, params }) => ownEmails.get(session, params.emailId),
  }
}
