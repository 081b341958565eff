import { z } from 'zod'
import { Timestamp } from './common.ts'
import { EmailId } from './ids.ts'

export const EmailParams = z.object({ emailId: EmailId })

export const EmailSummary = z
  .object({ id: EmailId, to: z.string(), from: z.string(), subject: z.string(), receivedAt: Timestamp })
  .meta({ id: 'EmailSummary' })
export type EmailSummary = z.output<typeof EmailSummary>

export const EmailView = EmailSummary.extend({ text: z.string() }).meta({ id: 'Email' })
export type EmailView = z.output<typeof EmailView>
