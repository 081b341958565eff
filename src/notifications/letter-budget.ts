import type { LetterLimits } from '../contract/letter-limits.ts'

const hour = 3_600_000
const day = 24 * hour

/** A limit of emails per time span. */
interface LetterBudget {
  subject: string
  spanMilliseconds: number
  most: number
}

/** Emails about a revocation still reach members until as many more emails have been sent. */
const reserve = 2

/** Returns the budgets that apply to an email of an organization, the wider one first. */
export function budgetsOf(
  limits: LetterLimits,
  {
    organizationId,
    recipient,
    isImportant,
  }: { organizationId: string; recipient: string; isImportant: boolean },
  isInsider: boolean,
): LetterBudget[] {
  const whose = `${isInsider ? 'letters' : 'outside-letters'}:${organizationId}`
  const times = isInsider && isImportant ? reserve : 1
  const [perHour, perDay] = isInsider
    ? [limits.perHour * times, limits.perRecipientAndDay * times]
    : [limits.outsidePerHour, limits.outsidePerRecipientAndDay]
  return [
    { subject: whose, spanMilliseconds: hour, most: perHour },
    { subject: `${whose}:${recipient.toLowerCase()}`, spanMilliseconds: day, most: perDay },
  ]
}
