import { expect, test } from 'vitest'
import { getCalls, getTotal, sumUsage } from './usage-classes.ts'

const bucket = {
  start: '2026-01-01T00:00:00.000Z',
  handshakes: 9,
  succeeded: 1,
  redirects: 2,
  clientErrors: 3,
  serverErrors: 4,
  denied: 5,
}

test('the usage total adds up requests, but not handshakes', () => {
  expect(getTotal(bucket)).toBe(15)
  expect(getCalls(bucket)).toBe(10)
  expect(sumUsage([bucket, bucket])).toEqual({
    succeeded: 2,
    redirects: 4,
    clientErrors: 6,
    serverErrors: 8,
    denied: 10,
  })
})
