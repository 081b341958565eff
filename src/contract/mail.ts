import { z } from 'zod'
import { LinkUse } from './account.ts'
import { Timestamp } from './common.ts'
import { EmailId, OutgoingEmailId } from './ids.ts'
import { TimeZone } from './time-zone.ts'

export const EmailParams = z.object({ emailId: EmailId })

export const EmailSummary = z
  .object({ id: EmailId, to: z.string(), from: z.string(), subject: z.string(), receivedAt: Timestamp })
  .meta({ id: 'EmailSummary' })
export type EmailSummary = z.output<typeof EmailSummary>

export const EmailView = EmailSummary.extend({ text: z.string() }).meta({ id: 'Email' })
export type EmailView = z.output<typeof EmailView>

export const OwnEmailParams = z.object({ emailId: OutgoingEmailId })

export const OwnEmailSummary = z
  .object({ id: OutgoingEmailId, to: z.string(), subject: z.string(), createdAt: Timestamp })
  .meta({ id: 'OwnEmailSummary' })
export type OwnEmailSummary = z.output<typeof OwnEmailSummary>

export const OwnEmailView = OwnEmailSummary.extend({ text: z.string() }).meta({ id: 'OwnEmail' })
export type OwnEmailView = z.output<typeof OwnEmailView>

export const ContactConfirmation = LinkUse.extend({
  timeZone: TimeZone.optional().meta({ description: 'In which emails to the address have their dates.' }),
}).meta({ id: 'ContactConfirmation' })

export const ConfirmedContact = z
  .object({
    email: z.string(),
    legalName: z.string().meta({ description: 'The organization whose emails the address gets.' }),
  })
  .meta({ id: 'ConfirmedContact' })
