import { expect, test } from 'vitest'
import { hasMoments, localizeMoments } from './localize-moments.ts'

const at = (text: string) => `It ends: ${text}.`

test.each([
  // Beside the change of 28 March 2027, 01:00 UTC.
  ['2027-03-28 00:59 UTC', 'Europe/Warsaw', '2027-03-28 01:59 Europe/Warsaw (00:59 UTC)'],
  ['2027-03-28 01:00 UTC', 'Europe/Warsaw', '2027-03-28 03:00 Europe/Warsaw (01:00 UTC)'],
  // 02:30 comes twice on 31 October 2027; UTC tells which one it is.
  ['2027-10-31 00:30 UTC', 'Europe/Warsaw', '2027-10-31 02:30 Europe/Warsaw (00:30 UTC)'],
  ['2027-10-31 01:30 UTC', 'Europe/Warsaw', '2027-10-31 02:30 Europe/Warsaw (01:30 UTC)'],
  ['2027-12-31 23:30 UTC', 'Asia/Kathmandu', '2028-01-01 05:15 Asia/Kathmandu (2027-12-31 23:30 UTC)'],
  ['2027-07-01 03:00 UTC', 'America/New_York', '2027-06-30 23:00 America/New_York (2027-07-01 03:00 UTC)'],
  ['2027-07-01 04:00 UTC', 'America/New_York', '2027-07-01 00:00 America/New_York (04:00 UTC)'],
  ['2027-07-01 04:00 UTC', 'UTC', '2027-07-01 04:00 UTC'],
  ['2027-07-01 04:00 UTC', 'Mars/Olympus', '2027-07-01 04:00 UTC'],
  ['2027-99-01 04:00 UTC', 'Europe/Warsaw', '2027-99-01 04:00 UTC'],
])('%s in %s is %s', (utc, zone, expected) => {
  expect(localizeMoments(at(utc), zone)).toBe(at(expected))
})

test('each moment of a text is written in the zone, and nothing else is touched', () => {
  const text = 'From 2027-01-01 08:00 UTC\nto 2027-07-01 08:00 UTC, not 2027-07-01 or 08:00 UTC.'
  expect(localizeMoments(text, 'Europe/Warsaw')).toBe(
    'From 2027-01-01 09:00 Europe/Warsaw (08:00 UTC)\nto 2027-07-01 10:00 Europe/Warsaw (08:00 UTC), not 2027-07-01 or 08:00 UTC.',
  )
  expect([hasMoments(text), hasMoments('On 2027-07-01.')]).toEqual([true, false])
})
