const units: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
]
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always' })

/** Formats a time relative to `now` in one unit: `3 hours ago`, `in 2 days`, `just now`. */
export function relativeTime(moment: Date, now: Date): string {
  const seconds = (moment.getTime() - now.getTime()) / 1000
  for (const [unit, length] of units) {
    if (Math.abs(seconds) >= length) return relative.format(Math.trunc(seconds / length), unit)
  }
  if (seconds > 5) return 'in a moment'
  return seconds > -10 ? 'just now' : `${Math.round(-seconds)} seconds ago`
}

const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'long' })
const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' })

/** Formats a time to the second in the user's time zone, which is named. */
export const exactTime = (moment: Date): string => exact.format(moment)
/** Formats the date of a time in the user's time zone: `4 Mar 2027`. */
export const getDay = (moment: Date): string => day.format(moment)
