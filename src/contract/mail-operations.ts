import { createPageSchema, PageQuery } from './common.ts'
import { MailParams, MailSummary, MailView } from './mail.ts'
import { operation } from './operation.ts'

/** Operations on the built-in mailbox. */
export const mailOperations = {
  listMail: operation({
    id: 'listMail',
    summary: 'Mail in the built-in mailbox, newest first',
    method: 'GET',
    path: '/mail',
    access: 'operator',
    query: PageQuery,
    reply: createPageSchema(MailSummary),
  }),
  getMail: operation({
    id: 'getMail',
    summary: 'One letter of the built-in mailbox',
    method: 'GET',
    path: '/mail/:mailId',
    access: 'operator',
    params: MailParams,
    reply: MailView,
  }),
}
