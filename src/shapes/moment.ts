/** Formats a time in milliseconds since 1970 (RFC 3339, UTC); null stays null. */
export function toText(moment: number): string
export function toText(moment: number | null): string | null
export function toText(moment: number | null): string | null {
  return moment === null ? null : new Date(moment).toISOString()
}

/**
 * Returns a time that is before the `notAfter` of every certificate that is valid at `now`: the last second
 * of the validity is inclusive (RFC 5280, section 4.1.2.5).
 */
export const endedBefore = (now: number): number => now - 1000

/** By how much the clocks of machines may differ. */
export const maxClockLagMs = 300_000

const day = 86_400_000
/** Returns whole milliseconds: settings have fractions of a day, and the store has whole numbers. */
export const daysToMs = (days: number): number => Math.round(days * day)

/** The day of a moment as letters and files for people have it: `2027-03-04`, UTC. */
export const toDay = (moment: number): string => toText(moment).slice(0, 10)

/** A moment as letters have it: `2027-03-04 08:00 UTC`. */
export const toMinute = (moment: number): string => `${toText(moment).replace('T', ' ').slice(0, 16)} UTC`
