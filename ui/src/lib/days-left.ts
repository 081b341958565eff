/** The urgency of an expiry: amber from 30 days, red from 7. */
export type Urgency = 'calm' | 'soon' | 'urgent' | 'over'

/** Returns complete days until `notAfter`, and the urgency. The last partial day counts as 0. */
export function daysLeft(notAfter: Date, now: Date): { days: number; urgency: Urgency } {
  const days = Math.floor((notAfter.getTime() - now.getTime()) / 86_400_000)
  if (days < 0) return { days, urgency: 'over' }
  return { days, urgency: days <= 7 ? 'urgent' : days <= 30 ? 'soon' : 'calm' }
}

/** Returns `12 days left`, `expires today` or `expired`. */
export function daysLeftText(days: number): string {
  if (days < 0) return 'expired'
  if (days === 0) return 'expires today'
  return days === 1 ? '1 day left' : `${days} days left`
}
