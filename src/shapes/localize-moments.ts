/** A moment as `toMinute` writes it. */
const written = /\b(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}) UTC\b/g
const utcNames = new Set(['UTC', 'Etc/UTC'])

/**
 * Returns a text whose moments in UTC are written in a time zone, with its name and with UTC beside it:
 * `2027-03-04 09:00 Europe/Warsaw (08:00 UTC)`. A text for a zone that this machine does not know stays as it is.
 */
export function localizeMoments(text: string, timeZone: string): string {
  if (utcNames.has(timeZone)) return text
  const format = createFormat(timeZone)
  if (format === undefined) return text
  return text.replaceAll(written, (all, day: string, time: string) => {
    const moment = Date.parse(`${day}T${time}:00Z`)
    if (Number.isNaN(moment)) return all
    const [ownDay, ownTime] = format(moment)
    const utc = ownDay === day ? `${time} UTC` : all
    return `${ownDay} ${ownTime} ${timeZone} (${utc})`
  })
}

/** Returns whether a text has a moment that a time zone changes. */
export const hasMoments = (text: string): boolean => text.search(written) >= 0

/** Returns what gives day and time of a moment. */
function createFormat(timeZone: string): ((moment: number) => [day: string, time: string]) | undefined {
  const options = {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  } as const
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en', { ...options, timeZone, hourCycle: 'h23' })
  } catch {
    // Chosen with a newer list of time zones.
    return undefined
  }
  return (moment) => {
    const parts = new Map(format.formatToParts(moment).map(({ type, value }) => [type, value]))
    const day = ['year', 'month', 'day'].map((name) => parts.get(name as 'year')).join('-')
    return [day, `${parts.get('hour')}:${parts.get('minute')}`]
  }
}
