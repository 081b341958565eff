import type { EmailLimits } from '../contract/email-limits.ts'

const hour = 3_600_000
const day = 24 * hour

/** A limit of emails per time span. */
interface EmailBudget {
  subject: string
  spanMs: number
  most: number
}

/** Emails about a revocation still reach members until as many more emails have been sent. */
const reserve = 2

/** Returns the budgets that apply to an email of an organization, the wider one first. */
export function getBudgets(
  limits: EmailLimits,
  {
    organizationId,
    recipient,
    isImportant,
  }: { organizationId: string; recipient: string; isImportant: boolean },
  isInsider: boolean,
): EmailBudget[] {
  const whose = `${isInsider ? 'letters' : 'outside-letters'}:${organizationId}`
  const times = isInsider && isImportant ? reserve : 1
  const [perHour, perDay] = isInsider
    ? [limits.perHour * times, limits.perRecipientPerDay * times]
    : [limits.externalPerHour, limits.externalPerRecipientPerDay]
  return [
    { subject: whose, spanMs: hour, most: perHour },
    { subject: `${whose}:${recipient.toLowerCase()}`, spanMs: day, most: perDay },
  ]
}
