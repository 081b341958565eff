import type { Clock } from '../clock.ts'
import type { Handlers } from '../http/handler.ts'
import type { MailContactStore } from './mail-contact-store.ts'
import type { MailboxStore } from './mailbox-store.ts'
import type { OwnEmailStore } from './own-email-store.ts'

/** Returns the handlers for the built-in mailbox for the emails of a user, and for contacts who confirm their address. */
export function mailRoutes({
  mailbox,
  ownEmails,
  mailContacts,
  clock,
}: {
  mailbox: MailboxStore
  ownEmails: OwnEmailStore
  mailContacts: MailContactStore
  clock: Clock
}): Pick<Handlers, 'listEmails' | 'getEmail' | 'listOwnEmails' | 'getOwnEmail' | 'confirmContact'> {
  return {
    listEmails: ({ query }) => mailbox.list(query),
    getEmail: ({ params }) => mailbox.get(params.emailId),
    listOwnEmails: ({ session, query }) => ownEmails.list(session, query),
    async confirmContact({ actor, body }) {
      const { address, legalName } = await mailContacts.confirm(body.token, { actor, now: clock.now() })
      return { email: address, legalName }
    },
    getOwnEmail: ({ session, params }) => ownEmails.get(session, params.emailId),
  }
}
