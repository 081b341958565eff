import { createPageSchema, PageQuery } from './common.ts'
import { EmailParams, EmailSummary, EmailView } from './mail.ts'
import { operation } from './operation.ts'

/** Operations on the built-in mailbox. */
export const mailOperations = {
  listEmails: operation({
    id: 'listEmails',
    summary: 'List the emails of the built-in mailbox, newest first',
    method: 'GET',
    path: '/emails',
    access: 'operator',
    query: PageQuery,
    reply: createPageSchema(EmailSummary),
  }),
  getEmail: operation({
    id: 'getEmail',
    summary: 'Get one email of the built-in mailbox',
    method: 'GET',
    path: '/emails/:emailId',
    access: 'operator',
    params: EmailParams,
    reply: EmailView,
  }),
}
