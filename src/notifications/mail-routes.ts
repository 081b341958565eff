import type { Handlers } from '../http/handler.ts'
import type { MailboxStore } from './mailbox-store.ts'

/** Returns the handlers for the built-in mailbox. */
export function mailRoutes({ mailbox }: { mailbox: MailboxStore }): Pick<Handlers, 'listMail' | 'getMail'> {
  return {
    listMail: ({ query }) => mailbox.list(query),
    getMail: ({ params }) => mailbox.get(params.mailId),
  }
}
