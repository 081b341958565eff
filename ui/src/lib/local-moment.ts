/** Returns the moment of a `datetime-local` input in UTC; what is no moment stays for its schema to refuse. */
export function toUtc(moment: string): string {
  const date = new Date(moment)
  return Number.isNaN(date.getTime()) ? moment : date.toISOString()
}

/** Formats a time for a `datetime-local` input: in the user's time zone, to the minute. */
export function toLocal(moment: string): string {
  const date = new Date(moment)
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000)
  return local.toISOString().slice(0, 16)
}
