import { z } from 'zod'

/** Returns whether the names of time zones of IANA, as this machine knows them, have this one. */
function isTimeZone(name: string): boolean {
  // Intl takes offsets too, which know nothing of daylight saving time.
  if (!/^[A-Za-z][\w+/-]*$/.test(name)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

export const TimeZone = z
  .string()
  .max(64)
  .refine(isTimeZone, 'must be a time zone of IANA, such as Europe/Warsaw')
  .meta({ id: 'TimeZone', description: 'A time zone of IANA.', examples: ['Europe/Warsaw'] })
