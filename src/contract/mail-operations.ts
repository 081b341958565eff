import { createPageSchema, PageQuery } from './common.ts'
import {
  ConfirmedContact,
  ContactConfirmation,
  EmailParams,
  EmailSummary,
  EmailView,
  OwnEmailParams,
  OwnEmailSummary,
  OwnEmailView,
} from './mail.ts'
import { operation } from './operation.ts'

/** Operations on the built-in mailbox, and on the emails of the signed-in user. */
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
  confirmContact: operation({
    id: 'confirmContact',
    summary: 'Confirm the address of a contact with the link that was emailed',
    method: 'POST',
    path: '/links/contact-confirmation',
    access: 'anyone',
    body: ContactConfirmation,
    reply: ConfirmedContact,
    errors: ['link_invalid'],
  }),
  listOwnEmails: operation({
    id: 'listOwnEmails',
    summary: 'List the emails to the signed-in user, newest first',
    method: 'GET',
    path: '/session/emails',
    access: 'signed-in',
    query: PageQuery,
    reply: createPageSchema(OwnEmailSummary),
  }),
  getOwnEmail: operation({
    id: 'getOwnEmail',
    summary: 'Get one email to the signed-in user',
    method: 'GET',
    path: '/session/emails/:emailId',
    access: 'signed-in',
    params: OwnEmailParams,
    reply: OwnEmailView,
  }),
}
