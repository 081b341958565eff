import { expect, test } from 'vitest'
import { findRetryAfter, mostRetryAfterMs } from './retry-after.ts'

const now = Date.parse('2027-04-05T08:00:00Z')
const find = (retryAfter: string | undefined, responseStatus: number | null = 503) =>
  findRetryAfter({ responseStatus, retryAfter }, now)

test.each([
  ['120', 120_000],
  ['0', 0],
  [' 5 ', 5000],
  ['Mon, 05 Apr 2027 08:10:00 GMT', 600_000],
  ['Monday, 05-Apr-27 08:10:00 GMT', 600_000],
  ['Mon Apr  5 08:10:00 2027', 600_000],
  ['Mon, 05 Apr 2027 07:00:00 GMT', 0],
  ['Sunday, 06-Nov-94 08:49:37 GMT', 0],
  ['99999999999999999999', mostRetryAfterMs],
  ['Tue, 05 Apr 2037 08:10:00 GMT', mostRetryAfterMs],
])('%j asks for %d ms', (text, wait) => {
  expect([find(text), find(text, 429)]).toEqual([wait, wait])
})

test.each(['', '-5', '1.5', 'soon', '5 minutes', 'Mon, 05 Foo 2027 08:10:00 GMT', '2027-04-05T09:00:00Z'])(
  '%j asks for nothing',
  (text) => expect(find(text)).toBeUndefined(),
)

test.each([200, 302, 410, 413, 500, null])('with status %s it asks for nothing', (status) =>
  expect(find('120', status)).toBeUndefined(),
)

test('an answer without the field asks for nothing', () => expect(find(undefined)).toBeUndefined())
