import { expect, test } from 'vitest'
import { judgeCertificate } from './judge-certificate.ts'
import type { JudgedCertificate, SignalRules } from './signal.ts'
import { splitByDay, type WatchedTime, watchedMs } from './watched-time.ts'

const hour = 3_600_000
const day = 24 * hour
const now = Date.parse('2027-06-01T12:00:00Z')
const watched = { since: 0, until: now, gaps: [] }
const rules: SignalRules = {
  allowedKeys: ['ec-p256', 'rsa-2048'],
  allowedKeysUntil: { 'rsa-2048': '2027-06-30' },
  signals: { unusedDays: 60, replacementDays: 14, secretDays: 365, keyKindDays: 90 },
}
const used: JudgedCertificate = {
  ...{ id: 'cert_1', organizationId: 'org_1', environment: 'production', status: 'issued' },
  ...{ issuedAt: now - 100 * day, notAfter: now + 265 * day, revokedAt: null },
  ...{ firstUsedAt: now - 99 * day, lastUsedAt: now - day, lastDeniedAt: null },
  ...{ isReplaced: false, replaced: null },
  readKeyKind: () => 'ec-p256',
}
const replacement = {
  ...used,
  ...{ issuedAt: now - 14 * day, firstUsedAt: null, lastUsedAt: null },
  replaced: { status: 'issued', notAfter: now + 31 * day },
}
const revoked = {
  ...used,
  ...{ status: 'revoked', revokedAt: now - 9 * day, lastDeniedAt: now - 6 * day },
}

const judge = (
  certificate: Partial<JudgedCertificate>,
  given: { watched: WatchedTime | undefined } = { watched },
) => judgeCertificate({ ...used, ...certificate }, rules, { now, ...given }).map(({ kind }) => kind)

const rsa = () => 'rsa-2048' as const
const unreadable = () => undefined

test.each<[string, Partial<JudgedCertificate>, string[]]>([
  ['in use', {}, []],
  ['silent for 59 days', { lastUsedAt: now - 60 * day + 1 }, []],
  ['silent for 60 days', { lastUsedAt: now - 60 * day }, ['certificate_unused']],
  ['never used, issued 60 days ago', { firstUsedAt: null, lastUsedAt: null }, ['certificate_unused']],
  ['never used, issued lately', { issuedAt: now - 59 * day, firstUsedAt: null, lastUsedAt: null }, []],
  ['silent since its replacement is in use', { lastUsedAt: now - 90 * day, isReplaced: true }, []],
  ['silent and expired', { lastUsedAt: now - 90 * day, notAfter: now }, []],
  ['a replacement that was never used', replacement, ['replacement_unused']],
  ['a replacement that is new', { ...replacement, issuedAt: now - 14 * day + 1 }, []],
  [
    'a replacement of what expires soon, which the required actions name',
    { ...replacement, replaced: { status: 'issued', notAfter: now + 29 * day } },
    [],
  ],
  [
    'a replacement of what is revoked',
    { ...replacement, replaced: { status: 'revoked', notAfter: now + 9 * day } },
    ['replacement_unused'],
  ],
  ['revoked and still called with', revoked, ['revoked_certificate_used']],
  ['revoked, with a last call within the hour', { ...revoked, lastDeniedAt: now - 9 * day + hour }, []],
  ['revoked, without a call for a week', { ...revoked, lastDeniedAt: now - 7 * day }, []],
  ['revoked, and expired since', { ...revoked, notAfter: now - day }, []],
  ['revoked after a denied call', { ...revoked, lastDeniedAt: now - 10 * day }, []],
  ['of a kind of key that ends', { readKeyKind: rsa }, ['key_kind_ends']],
  ['of such a kind, and replaced', { readKeyKind: rsa, isReplaced: true }, []],
  ['with a key that cannot be read', { readKeyKind: unreadable }, []],
])('a certificate that is %s', (_, certificate, kinds) => {
  expect(judge(certificate)).toEqual(kinds)
})

test('a kind of key is told of 90 days before its last day ends', () => {
  const at = (moment: string) =>
    judgeCertificate({ ...used, readKeyKind: () => 'rsa-2048' }, rules, {
      now: Date.parse(moment),
      watched: undefined,
    }).length
  expect(at('2027-04-01T23:59:59Z')).toBe(0)
  expect(at('2027-04-02T00:00:00Z')).toBe(1)
  expect(at('2027-09-01T00:00:00Z')).toBe(1)
})

test('an outage of the gateways is not silence, and neither is a time before anybody looked', () => {
  const silent = { lastUsedAt: now - 60 * day }
  const outage = { ...watched, gaps: splitByDay(now - 30 * day, now - 27 * day) }
  expect(judge(silent, { watched: outage })).toEqual([])
  expect(judge({ lastUsedAt: now - 63 * day }, { watched: outage })).toEqual(['certificate_unused'])
  expect(judge(silent, { watched: undefined })).toEqual([])
  expect(judge(silent, { watched: { ...watched, since: now - 60 * day + 1 } })).toEqual([])
  expect(judge(silent, { watched: { ...watched, until: now - 1 } })).toEqual([])
})

test('gaps before a time do not count', () => {
  const gaps = splitByDay(now - 10 * day, now - 5 * day)
  expect(gaps.map(({ milliseconds }) => milliseconds / hour)).toEqual([12, 24, 24, 24, 24, 12])
  const time = { since: 0, until: now, gaps }
  expect(watchedMs(time, now - 20 * day, now)).toBe(15 * day)
  expect(watchedMs(time, now - 4 * day, now)).toBe(4 * day)
  // Of the day on which it begins all gaps count: rather too short.
  expect(watchedMs(time, now - 5 * day + hour, now)).toBe(5 * day - 13 * hour)
})
