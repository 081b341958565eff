import { expect, test } from 'vitest'
import type { TokenClaims } from '../shapes/active-token.ts'
import { createTokenCache, limitsOfHeap } from './token-cache.ts'

const mebibyte = 1_048_576
const end = 1_800_000_000

const claimsOf = (jti: string, more: Partial<TokenClaims> = {}): TokenClaims => ({
  ...{ iss: 'i', aud: 'a', sub: 's', client_id: 'c', jti, iat: 0, exp: end, scope: 'read' },
  ...more,
})
const limits = { bytes: 100_000, share: 40_000 }
const text = (name: string) => name.padEnd(100, '.')

function fill(cache: ReturnType<typeof createTokenCache>, organization: string, count: number): string[] {
  const tokens = Array.from({ length: count }, (_, i) => text(`${organization}-${i}`))
  for (const token of tokens) cache.add(token, { claims: claimsOf(token), keyId: 'k' }, organization)
  return tokens
}

test('the token cache drops the oldest tokens of an organization with too many, and no other organization’s', () => {
  const cache = createTokenCache(limits)
  const victims = fill(cache, 'victim', 5)
  const hostile = fill(cache, 'hostile', 10_000)
  expect(victims.every((token) => cache.find(token) !== undefined)).toBe(true)
  const kept = hostile.filter((token) => cache.find(token) !== undefined)
  expect(kept.length).toBeGreaterThan(30)
  expect(kept).toEqual(hostile.slice(-kept.length))
  expect(cache.size().bytes).toBeLessThanOrEqual(limits.share + 5 * 1000)
})

test('the token cache drops tokens of the organization with the most when many share it', () => {
  const cache = createTokenCache(limits)
  const victims = fill(cache, 'victim', 5)
  for (let i = 0; i < 50; i++) fill(cache, `hostile-${i}`, 30)
  expect(victims.every((token) => cache.find(token) !== undefined)).toBe(true)
  expect(cache.size().bytes).toBeLessThanOrEqual(limits.bytes)
})

test('the token cache charges related data to the same account until the tokens are dropped', () => {
  const cache = createTokenCache(limits)
  const victims = fill(cache, 'victim', 5)
  const claims = claimsOf('own')
  expect(cache.charge(claims, 10)).toBe(false)
  cache.add(text('own'), { claims, keyId: 'k' }, 'hostile')
  expect(cache.charge(claims, 20_000)).toBe(true)
  // Over its quota: the token is dropped with its related data.
  expect(cache.charge(claims, 20_000)).toBe(false)
  expect(cache.find(text('own'))).toBeUndefined()
  expect(cache.size()).toEqual({ tokens: 5, bytes: 5 * 1000 })
  expect(victims.every((token) => cache.find(token) !== undefined)).toBe(true)
})

test('the token cache drops an expired token whether or not it is used again', () => {
  const cache = createTokenCache(limits)
  fill(cache, 'acme', 5)
  cache.add(text('later'), { claims: claimsOf('later', { exp: end + 60 }), keyId: 'k' }, 'acme')
  cache.forgetExpired(end * 1000 - 1)
  expect(cache.size().tokens).toBe(6)
  cache.forgetExpired(end * 1000 + 10_000)
  expect(cache.size().tokens).toBe(1)
  cache.forgetExpired(end * 1000 + 70_000)
  expect(cache.size()).toEqual({ tokens: 0, bytes: 0 })
})

test('the token cache keeps the later of two texts of one token, and drops all tokens of a certificate', () => {
  const cache = createTokenCache(limits)
  const cnf = { 'x5t#S256': 'x' }
  cache.add('one', { claims: claimsOf('j', { cnf }), keyId: 'k' }, 'acme')
  cache.add('two', { claims: claimsOf('j', { cnf }), keyId: 'k' }, 'acme')
  expect([cache.find('one'), cache.find('two')?.keyId]).toEqual([undefined, 'k'])
  cache.add('three', { claims: claimsOf('other'), keyId: 'k' }, 'acme')
  cache.forget('x')
  expect([cache.find('two'), cache.find('three')?.keyId]).toEqual([undefined, 'k'])
  cache.remove('three')
  expect(cache.size()).toEqual({ tokens: 0, bytes: 0 })
})

test('the token cache sizes its limits by the heap', () => {
  expect(limitsOfHeap(256 * mebibyte)).toEqual({ bytes: 32 * mebibyte, share: 8 * mebibyte })
  expect(limitsOfHeap(1).bytes).toBe(16 * mebibyte)
  expect(limitsOfHeap(64_000 * mebibyte).bytes).toBe(128 * mebibyte)
})
