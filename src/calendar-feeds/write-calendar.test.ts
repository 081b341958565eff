import ICAL from 'ical.js'
import nodeIcal from 'node-ical'
import { expect, test } from 'vitest'
import { type CalendarEvent, writeCalendar } from './write-calendar.ts'

const event = (changes: Partial<CalendarEvent> = {}): CalendarEvent => ({
  ...{ uid: 'cert_1@postern', sequence: 3, changedAt: Date.parse('2027-01-02T03:04:05.678Z') },
  endsAt: Date.parse('2027-02-01T08:00:00Z'),
  summary: 'acme-0001 expires (Production)',
  description: 'Rotate it.',
  url: 'https://portal.example/o/acme/production/certificates/cert_1',
  isCancelled: false,
  ...changes,
})

/** What both libraries read, which share no code. */
function read(text: string) {
  const calendar = new ICAL.Component(ICAL.parse(text))
  const byIcal = calendar.getAllSubcomponents('vevent').map((component) => ({
    uid: component.getFirstPropertyValue('uid'),
    sequence: Number(component.getFirstPropertyValue('sequence')),
    status: component.getFirstPropertyValue('status'),
    summary: component.getFirstPropertyValue('summary'),
    description: component.getFirstPropertyValue('description'),
    start: (component.getFirstPropertyValue('dtstart') as InstanceType<typeof ICAL.Time>)
      .toJSDate()
      .toISOString(),
    alarms: component.getAllSubcomponents('valarm').length,
  }))
  const byNode = Object.values(nodeIcal.sync.parseICS(text)).flatMap((one) =>
    one?.type === 'VEVENT'
      ? [
          {
            uid: one.uid,
            sequence: Number(one.sequence),
            status: one.status,
            summary: one.summary,
            description: one.description,
            start: one.start.toISOString(),
            alarms: (one as { alarms?: unknown[] }).alarms?.length ?? 0,
          },
        ]
      : [],
  )
  expect(byNode).toEqual(byIcal)
  return byIcal
}

test('two libraries read the same events', () => {
  const text = writeCalendar('Certificates', [
    event(),
    event({ uid: 'cert_2@postern', sequence: 4, isCancelled: true }),
  ])
  expect(read(text)).toEqual([
    {
      ...{ uid: 'cert_1@postern', sequence: 3, status: 'CONFIRMED', alarms: 3 },
      ...{ summary: 'acme-0001 expires (Production)', description: 'Rotate it.' },
      start: '2027-02-01T08:00:00.000Z',
    },
    expect.objectContaining({ uid: 'cert_2@postern', sequence: 4, status: 'CANCELLED', alarms: 0 }),
  ])
})

test.each([
  "O'Neil & Co / Ltd; Łódź,",
  'a \\ backslash and "quotes"',
  'one\ntwo\r\nthree',
  '東京 payments '.repeat(30),
  `${'😀'.repeat(40)}; end`,
  'BEGIN:VEVENT\nUID:forged@x\nEND:VEVENT',
])('the text %j comes out as it was written', (text) => {
  const written = writeCalendar(text, [
    event({ summary: text.replaceAll(/\s+/g, ' ').trim(), description: text }),
  ])
  const [found, ...others] = read(written)
  expect(others).toEqual([])
  expect(found?.description).toBe(text.replaceAll('\r\n', '\n'))
  expect(written.endsWith('END:VCALENDAR\r\n')).toBe(true)
  for (const line of written.split('\r\n')) {
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75)
    // Not folded within a character, and no line end of another kind.
    expect(line).not.toMatch(/[\r\n\ufffd]/)
  }
})

test('a backslash before a letter is no line end', () => {
  const text = 'C:\\new, \\; \\\\n'
  const [written] = new ICAL.Component(
    ICAL.parse(writeCalendar('x', [event({ description: text })])),
  ).getAllSubcomponents('vevent')
  // node-ical reads an escaped backslash before an n as a line end.
  expect(written?.getFirstPropertyValue('description')).toBe(text)
})
