import { z } from 'zod'
import { Id, Timestamp } from './common.ts'

export const MailParams = z.object({ mailId: Id })

export const MailSummary = z
  .object({ id: Id, to: z.string(), from: z.string(), subject: z.string(), receivedAt: Timestamp })
  .meta({ id: 'MailSummary' })
export type MailSummary = z.output<typeof MailSummary>

export const MailView = MailSummary.extend({ text: z.string() }).meta({ id: 'Mail' })
export type MailView = z.output<typeof MailView>
