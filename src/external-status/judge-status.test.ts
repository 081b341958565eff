import { expect, test } from 'vitest'
import { judgeStatus } from './judge-status.ts'

const hour = 3_600_000
const now = Date.UTC(2027, 1, 1)
const trustedIssuer = 'CN=Example'
const soft = { mode: 'soft', softHours: 2, issuers: [] } as const
const hard = { ...soft, mode: 'hard' } as const
const described = { describedAt: now, expectedLinks: 1, isAskable: true, isAwaited: false }
const asked = { ...described, links: [{ checkId: 'crl', depth: 0, isLookedFor: true }] }
const until = (end: number | null) => new Map([['crl', end]])
const judge = (
  given: Partial<Parameters<typeof judgeStatus>[0]>,
  at = now,
  terms: Parameters<typeof judgeStatus>[1] = soft,
) => judgeStatus({ trustedIssuer, status: asked, ends: until(now + hour), ...given }, terms, at)

test('an answer is confirmed until its end, then soft accepts for a while and hard denies', () => {
  const times = { confirmedUntil: now + hour, deniedFrom: now + 3 * hour }
  expect(judge({})).toEqual({ state: 'confirmed', mode: 'soft', ...times })
  expect(judge({}, now + hour)).toEqual({ state: 'unconfirmed', mode: 'soft', ...times })
  expect(judge({}, now + 3 * hour)).toEqual({ state: 'denied', mode: 'soft', ...times })
  const strict = { mode: 'hard', confirmedUntil: now + hour, deniedFrom: now + hour }
  expect(judge({}, now + hour - 1, hard)).toEqual({ state: 'confirmed', ...strict })
  expect(judge({}, now + hour, hard)).toEqual({ state: 'denied', ...strict })
})

test('before the first answer it counts from the registration', () => {
  const waiting = { state: 'waiting', confirmedUntil: null }
  const awaited = { ...described, isAskable: false, isAwaited: true, links: [] }
  for (const given of [{ ends: until(null) }, { status: awaited }]) {
    expect(judge(given)).toEqual({ ...waiting, mode: 'soft', deniedFrom: now + 2 * hour })
    expect(judge(given, now + 2 * hour).state).toBe('denied')
    expect(judge(given, now, hard)).toEqual({ ...waiting, mode: 'hard', deniedFrom: now })
  }
  expect(judge({ status: undefined })).toEqual({ ...waiting, mode: 'soft', deniedFrom: null })
})

test('nobody is asked in mode off, about a pinned certificate, or where none can be', () => {
  const none = { confirmedUntil: null, deniedFrom: null }
  const off = { state: 'not_asked', mode: 'off', ...none }
  expect(judge({}, now, { ...soft, mode: 'off' })).toEqual(off)
  expect(judge({}, now, { ...hard, issuers: [{ issuer: trustedIssuer, mode: 'off' }] })).toEqual(off)
  expect(judge({ trustedIssuer: null })).toEqual(off)
  const silent = { ...described, expectedLinks: 0, links: [] }
  expect(judge({ status: silent }, now, hard)).toEqual({ state: 'nothing_to_ask', mode: 'hard', ...none })
  const directory = { ...silent, isAskable: false }
  expect(judge({ status: directory })).toEqual({ state: 'not_askable', mode: 'soft', ...none })
  expect(judge({ status: directory }, now, hard).state).toBe('denied')
})
