import { expect, test } from 'vitest'
import { randomHex, randomOctets } from './random-octets.ts'

test('random octets never repeat, also across blocks', () => {
  const seen = new Set(Array.from({ length: 5000 }, () => randomHex(16)))
  expect(seen.size).toBe(5000)
  expect([...seen].every((text) => /^[0-9a-f]{32}$/.test(text))).toBe(true)
})

test('random octets do not change after they were returned', () => {
  const first = randomOctets(1000)
  const before = Buffer.from(first).toString('hex')
  for (let i = 0; i < 100; i += 1) randomOctets(1000)
  expect(Buffer.from(first).toString('hex')).toBe(before)
})

test('random octets have every value about equally often', () => {
  const counts = new Array<number>(256).fill(0)
  for (let i = 0; i < 4096; i += 1)
    for (const octet of randomOctets(64)) counts[octet] = (counts[octet] ?? 0) + 1
  expect(Math.min(...counts)).toBeGreaterThan(800)
  expect(Math.max(...counts)).toBeLessThan(1250)
})
