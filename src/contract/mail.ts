import { z } from 'zod'
import { Id, Timestamp } from './common.ts'

export const EmailParams = z.object({ emailId: Id })

export const EmailSummary = z
  .object({ id: Id, to: z.string(), from: z.string(), subject: z.string(), receivedAt: Timestamp })
  .meta({ id: 'EmailSummary' })
export type EmailSummary = z.output<typeof EmailSummary>

export const EmailView = EmailSummary.extend({ text: z.string() }).meta({ id: 'Email' })
export type EmailView = z.output<typeof EmailView>
