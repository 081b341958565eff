/** The time zone of this browser. */
export const browserTimeZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone

/** The time zones of IANA that this browser knows, with the chosen one and the one of the browser. */
export const timeZoneChoices = (chosen: string | null): string[] =>
  [
    ...new Set([
      ...(chosen === null || chosen === '' ? [] : [chosen]),
      browserTimeZone(),
      'UTC',
      ...Intl.supportedValuesOf('timeZone'),
    ]),
  ].toSorted()
