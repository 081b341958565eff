/** The end of one certificate in a calendar. */
export interface CalendarEvent {
  /** The same for as long as the certificate exists. */
  uid: string
  sequence: number
  /** When what is said of it last changed, milliseconds since 1970. */
  changedAt: number
  /** When the certificate ends, milliseconds since 1970. */
  endsAt: number
  summary: string
  description: string
  url: string
  isCancelled: boolean
}

/** How long before the end a calendar reminds (RFC 5545, section 3.3.6). */
const reminders = ['-P30D', '-P7D', '-P1D']
const maxOctets = 75

/**
 * Writes a calendar (RFC 5545; RFC 7986 for its name): each event is a moment that takes no time, with three reminders
 * unless it is cancelled. Lines end with CRLF and are folded at 75 octets, never within a character.
 */
export function writeCalendar(name: string, events: readonly CalendarEvent[]): string {
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Postern//Certificate expiry//EN',
    'CALSCALE:GREGORIAN',
    `NAME:${escapeText(name)}`,
    `X-WR-CALNAME:${escapeText(name)}`,
    'REFRESH-INTERVAL;VALUE=DURATION:PT1H',
    ...events.flatMap(writeEvent),
    'END:VCALENDAR',
  ]
  return lines.map((line) => `${fold(line)}\r\n`).join('')
}

const writeEvent = (event: CalendarEvent): string[] => [
  'BEGIN:VEVENT',
  `UID:${event.uid}`,
  `SEQUENCE:${event.sequence}`,
  `DTSTAMP:${toUtc(event.changedAt)}`,
  `LAST-MODIFIED:${toUtc(event.changedAt)}`,
  `DTSTART:${toUtc(event.endsAt)}`,
  `SUMMARY:${escapeText(event.summary)}`,
  `DESCRIPTION:${escapeText(event.description)}`,
  `URL:${event.url}`,
  `STATUS:${event.isCancelled ? 'CANCELLED' : 'CONFIRMED'}`,
  'TRANSP:TRANSPARENT',
  ...(event.isCancelled ? [] : reminders.flatMap((trigger) => writeReminder(trigger, event.summary))),
  'END:VEVENT',
]

const writeReminder = (trigger: string, summary: string): string[] => [
  'BEGIN:VALARM',
  'ACTION:DISPLAY',
  `TRIGGER:${trigger}`,
  `DESCRIPTION:${escapeText(summary)}`,
  'END:VALARM',
]

/** Section 3.3.5, form 2. */
const toUtc = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`

/** Section 3.3.11. Control characters have no place in a text. */
const escapeText = (text: string): string =>
  text
    .replaceAll(/\r\n?/g, '\n')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed.
    .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '')
    .replaceAll(/[\\;,]/g, (mark) => `\\${mark}`)
    .replaceAll('\n', '\\n')

/** Section 3.1. The blank at the start of each further line counts as an octet. */
function fold(line: string): string {
  const pieces: string[] = []
  let piece = ''
  let octets = 0
  for (const character of line) {
    const length = Buffer.byteLength(character)
    if (octets + length > maxOctets) {
      pieces.push(piece)
      piece = ''
      octets = 1
    }
    piece += character
    octets += length
  }
  return [...pieces, piece].join('\r\n ')
}
