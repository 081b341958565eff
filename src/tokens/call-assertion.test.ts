import { generateKeyPairSync } from 'node:crypto'
import { decodeJwt } from 'jose'
import { expect, test } from 'vitest'
import { type AssertedCall, createAsserter } from './call-assertion.ts'
import type { SigningKey } from './signing-keys.ts'

const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const key = { id: 'k', algorithm: 'ES256', ...keys } as unknown as SigningKey
const call: AssertedCall = {
  ...{ issuer: 'https://gateway', audience: 'https://api', environment: 'production', method: 'GET' },
  ...{
    target: '/payments',
    accessToken: 't',
    claims: { scope: 'read' },
    clientId: 'c',
    organization: 'acme',
  },
  ...{ certificate: undefined, hasBody: false, contentDigest: undefined },
}

/** Returns an asserter and the bytes that it charges to its token. */
function open(options?: { perCall: boolean }) {
  const state = { bytes: 0, isKept: true }
  const charge = (_claims: object, more: number) => {
    if (state.isKept) state.bytes += more
    return state.isKept
  }
  const assertCall = createAsserter({ signingKeys: { findSigning: () => key }, charge }, options)
  const jtiOf = async (more: Partial<AssertedCall> = {}, now = 0) =>
    decodeJwt((await assertCall({ ...call, ...more }, now)) ?? '').jti
  return { state, jtiOf }
}

test('calls with a safe method share an assertion and its jti for half a minute', async () => {
  const { jtiOf } = open()
  const first = await jtiOf()
  expect(first).toMatch(/^[\w-]{22}$/)
  expect(await jtiOf({}, 29_999)).toBe(first)
  expect(await jtiOf({}, 30_000)).not.toBe(first)
})

test.each<[string, Partial<AssertedCall>, { perCall: boolean }?]>([
  ['POST', { method: 'POST' }],
  ['DELETE', { method: 'DELETE' }],
  ['an unknown method', { method: 'PROPFIND' }],
  ['a body', { hasBody: true }],
  ['a target above 1 KiB', { target: `/${'x'.repeat(1024)}` }],
  ['the setting', {}, { perCall: true }],
])('each call with %s has a jti of its own, and no assertion is cached', async (_what, more, options) => {
  const { state, jtiOf } = open(options)
  const all = await Promise.all(Array.from({ length: 20 }, () => jtiOf(more)))
  expect(new Set(all).size).toBe(20)
  expect(state.bytes).toBe(0)
})

test('the asserter caches at most 256 assertions per token, charges each, and refunds expired ones', async () => {
  const { state, jtiOf } = open()
  await jtiOf({ target: '/first' })
  const one = state.bytes
  expect(one).toBeGreaterThan(1000)
  const jti = await jtiOf({ target: '/1' })
  for (let i = 2; i < 1000; i++) await jtiOf({ target: `/${i}` })
  expect(state.bytes).toBeLessThan(257 * (one + 10))
  expect(await jtiOf({ target: '/1' })).not.toBe(jti)
  await jtiOf({ target: '/later' }, 60_000)
  expect(state.bytes).toBeLessThan(one + 10)
})

test('the asserter caches nothing for a token that is not cached', async () => {
  const { state, jtiOf } = open()
  state.isKept = false
  expect(await jtiOf()).not.toBe(await jtiOf())
})
