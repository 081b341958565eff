import type { LetterLimits } from '../contract/letter-limits.ts'

const hour = 3_600_000
const day = 24 * hour

/** So many letters in each span of time. */
interface LetterBudget {
  subject: string
  spanMilliseconds: number
  most: number
}

/** News of a revocation still reach members when as many letters again have been spent. */
const reserve = 2

/** The budgets that a letter of an organization has to fit into, the wider one first. */
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
