import { describe, expect, test } from 'vitest'
import { formatSpan } from './format-span.ts'
import { type Findings, judgeRetirement } from './judge-retirement.ts'
import { noTraffic, type RotatedCertificate } from './rotation.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const now = 100 * day

const certificate = (name: string, changes: Partial<RotatedCertificate> = {}): RotatedCertificate => ({
  ...{ id: name, organizationId: 'org_1', environment: 'production', name, description: '' },
  ...{ status: 'issued', notAfter: now + 30 * day, replacesId: null },
  ...{ firstUsedAt: now - 60 * day, lastUsedAt: now - minute, lastDeniedAt: null },
  ...changes,
})

/** Silent for two days, watched for three, and the replacement in use since four. */
const safe: Findings = {
  old: certificate('acme-0001', { lastUsedAt: now - 2 * day }),
  oldTraffic: { ...noTraffic, lastMinute: now - 2 * day },
  addresses: [],
  next: certificate('acme-0002', { firstUsedAt: now - 4 * day }),
  nextTraffic: { ...noTraffic, calls: 100 },
  nextSteady: { from: now - 30 * hour, latest: now - 29 * hour },
  watch: { since: now - 3 * day, seenAt: now - 1000, reason: 'none_running' },
  silenceMs: day,
}
const judge = (changes: Partial<Findings> = {}) => judgeRetirement({ ...safe, ...changes }, now)

test('a silent certificate is safe to retire while gateways were watched and the replacement was accepted', () => {
  expect(judge()).toEqual({
    code: 'safe',
    sentence: 'safe to retire: silent for 48 h',
    silentSince: now - 2 * day,
    safeFrom: now - day,
  })
})

test('calls are counted, with the addresses they came from', () => {
  const addresses = ['203.0.113.7', '203.0.113.8'].map((address, index) => ({
    address,
    lastAt: now - (1 + index * 90) * minute,
  }))
  const oldTraffic = { ...noTraffic, calls: 36, denied: 1, lastMinute: now - minute }
  expect(judge({ oldTraffic, addresses })).toMatchObject({
    code: 'still_used',
    sentence: 'not yet: 37 calls in the last hour from 203.0.113.7',
  })
  const old = certificate('acme-0001', { lastUsedAt: now - 5 * hour })
  expect(judge({ old, addresses })).toMatchObject({
    code: 'still_used',
    sentence: 'not yet: last used 5 h ago from 203.0.113.7, 203.0.113.8',
    silentSince: now - 5 * hour,
    safeFrom: now + 19 * hour,
  })
  const many = Array.from({ length: 5 }, (_, index) => ({ address: `192.0.2.${index}`, lastAt: now }))
  expect(judge({ oldTraffic, addresses: many }).sentence).toBe(
    'not yet: 37 calls in the last hour from 192.0.2.0, 192.0.2.1, 192.0.2.2, 2 more',
  )
})

describe('silence does not count', () => {
  test.each<[string, Partial<Findings>, string, string]>([
    ['without a replacement', { next: null }, 'no_replacement', 'not yet: acme-0001 has no replacement'],
    [
      'while the replacement is a draft',
      { next: certificate('acme-0002', { status: 'draft' }) },
      'replacement_not_issued',
      'not yet: acme-0002 waits for its CSR',
    ],
    [
      'once the replacement is revoked',
      { next: certificate('acme-0002', { status: 'revoked' }) },
      'replacement_ended',
      'not yet: the replacement acme-0002 is revoked',
    ],
    [
      'before a gateway has accepted the replacement, however often it was denied',
      {
        next: certificate('acme-0002', { firstUsedAt: null, lastUsedAt: null, lastDeniedAt: now }),
        nextTraffic: { ...noTraffic, denied: 12 },
      },
      'replacement_not_accepted',
      'not yet: no gateway has accepted acme-0002 yet, and 12 calls with it were denied in the last hour',
    ],
    [
      'while requests with the replacement are denied',
      { next: certificate('acme-0002', { lastDeniedAt: now - 10 * minute, lastUsedAt: now - hour }) },
      'replacement_denied',
      'not yet: the last request with acme-0002 was denied, 10 min ago',
    ],
    [
      'while the replacement is silent too',
      { next: certificate('acme-0002', { lastUsedAt: now - 26 * hour }) },
      'replacement_unused',
      'not yet: acme-0002 was last used 26 h ago, so the client or its way to the gateways may be down: silence counts only while it calls at least every 6 h',
    ],
    [
      'once the replacement has not called for a quarter of the time',
      { next: certificate('acme-0002', { firstUsedAt: now - 4 * day, lastUsedAt: now - 6 * hour - 1 }) },
      'replacement_unused',
      'not yet: acme-0002 was last used 6 h ago, so the client or its way to the gateways may be down: silence counts only while it calls at least every 6 h',
    ],
    [
      'before the replacement has called for as long without a long pause',
      { nextSteady: { from: now - 4 * hour, latest: now - 3 * hour } },
      'replacement_unused',
      'not yet: acme-0002 has called without a pause of more than 6 h for 3 h of 24 h',
    ],
    [
      'while no use of the replacement is counted',
      { nextSteady: null },
      'replacement_unused',
      'not yet: acme-0002 has called without a pause of more than 6 h for less than 1 min of 24 h',
    ],
    [
      'before the replacement was in use for as long',
      { next: certificate('acme-0002', { firstUsedAt: now - 3 * hour }) },
      'replacement_too_new',
      'not yet: acme-0002 has been in use for 3 h of 24 h',
    ],
    [
      'while gateways have an outage or did not report',
      { watch: { since: now - 3 * hour, seenAt: now, reason: 'not_reporting' } },
      'not_watched',
      'not yet: the gateways have reported without a gap for 3 h of 24 h (before, a gateway did not report)',
    ],
    [
      'while nobody looks after the gateways',
      { watch: { since: now - 3 * day, seenAt: now - 2 * minute, reason: '' } },
      'not_watched',
      'not yet: it is not known whether the gateways report their calls now',
    ],
    [
      'before anybody has looked',
      { watch: undefined },
      'not_watched',
      'not yet: it is not known whether the gateways report their calls now',
    ],
    [
      'after a connection without a request',
      { oldTraffic: { ...noTraffic, lastMinute: now - 2 * hour } },
      'still_used',
      'not yet: last used 2 h ago',
    ],
    [
      'after a denied call',
      { old: certificate('acme-0001', { lastUsedAt: now - 2 * day, lastDeniedAt: now - 2 * hour }) },
      'still_used',
      'not yet: last used 2 h ago',
    ],
  ])('%s', (_, changes, code, sentence) => {
    expect(judge(changes)).toMatchObject({ code, sentence })
  })
})

test('the last instant of the set time is not safe, the next one is', () => {
  const silentFor = (silence: number) =>
    judge({ old: certificate('acme-0001', { lastUsedAt: now - silence }), oldTraffic: noTraffic }).code
  expect(silentFor(day - 1)).toBe('still_used')
  expect(silentFor(day)).toBe('safe')
})

test('a certificate that is not valid any more needs no retirement', () => {
  expect(judge({ old: certificate('acme-0001', { status: 'revoked' }) }).code).toBe('retired')
  expect(judge({ old: certificate('acme-0001', { status: 'expired' }) }).code).toBe('expired')
})

test('a length of time is written in whole units', () => {
  expect([1, minute, 59 * minute, hour, 71 * hour, 72 * hour].map(formatSpan)).toEqual([
    ...['less than 1 min', '1 min', '59 min', '1 h', '71 h', '3 days'],
  ])
})
