/** Days, such as 2027-03-04, in the time zone of the user; `to` is the last one. */
export interface DayRange {
  from?: string
  to?: string
}

const day = /^\d{4}-\d{2}-\d{2}$/

/**
 * Returns the moments of a range as the API takes them: from the start of the first day to the end of the last one. What
 * is no day is no limit.
 */
export function toMoments({ from, to }: { [Name in keyof DayRange]: DayRange[Name] | undefined }): DayRange {
  const start = startOf(from)
  const end = startOf(to)
  return {
    ...(start === undefined ? {} : { from: start.toISOString() }),
    ...(end === undefined ? {} : { to: nextDay(end).toISOString() }),
  }
}

function startOf(text: string | undefined): Date | undefined {
  if (text === undefined || !day.test(text)) return undefined
  const start = new Date(`${text}T00:00:00`)
  return Number.isNaN(start.getTime()) ? undefined : start
}

const nextDay = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1)
