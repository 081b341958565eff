import { expect, test } from 'vitest'
import { createStrangerLimiter } from './limit-strangers.ts'

const limits = { openConnections: 3, connectionsPerSecond: 2 }
const open = (changes = {}) => {
  let time = 1_790_000_000_000
  const clock = { now: () => time, pass: (milliseconds: number) => (time += milliseconds) }
  return { clock, limiter: createStrangerLimiter({ ...limits, ...changes }, clock) }
}

test('an address has so many connections open at once, and each that ends makes room', () => {
  const { limiter } = open()
  const admitted = [1, 2, 3].map(() => limiter.admit('192.0.2.1'))
  expect(limiter.admit('192.0.2.1')).toBeUndefined()
  expect(limiter.admit('192.0.2.2')).toBeDefined()
  admitted[0]?.end()
  admitted[0]?.end()
  expect(limiter.admit('192.0.2.1')).toBeDefined()
  expect(limiter.admit('192.0.2.1')).toBeUndefined()
})

test('a burst is let through, and then so many in a second', () => {
  const { limiter, clock } = open()
  const connect = () => {
    const admission = limiter.admit('192.0.2.1')
    admission?.end()
    return admission !== undefined
  }
  expect(Array.from({ length: 12 }, connect).filter(Boolean)).toHaveLength(10)
  clock.pass(1000)
  expect(Array.from({ length: 5 }, connect).filter(Boolean)).toHaveLength(2)
})

test('who shows an accepted certificate is not limited', () => {
  const { limiter } = open()
  for (let i = 0; i < 100; i += 1) {
    const admission = limiter.admit('192.0.2.1')
    expect(admission).toBeDefined()
    admission?.accept()
    if (i % 2 === 0) admission?.end()
  }
})

test('no limit is none', () => {
  const { limiter } = open({ openConnections: 0, connectionsPerSecond: 0 })
  for (let i = 0; i < 1000; i += 1) expect(limiter.admit('192.0.2.1')).toBeDefined()
})

test('it is told once in a minute of an address', () => {
  const { limiter, clock } = open()
  expect([1, 2, 3].map(() => limiter.isToTell('192.0.2.1'))).toEqual([true, false, false])
  expect(limiter.isToTell('192.0.2.2')).toBe(true)
  clock.pass(60_000)
  expect(limiter.isToTell('192.0.2.1')).toBe(true)
})

test('a network of IPv6 is one client, and hundreds of thousands of addresses take no more room than is set', () => {
  const { limiter, clock } = open()
  for (const address of ['2001:db8::1', '2001:db8:0:0:1::2', '2001:db8:0:0:ffff:1:2:3'])
    expect(limiter.admit(address)).toBeDefined()
  expect(limiter.admit('2001:db8::9')).toBeUndefined()
  expect(limiter.admit('2001:db8:0:1::9')).toBeDefined()
  for (let i = 0; i < 120_000; i += 1) limiter.admit(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`)
  expect(limiter.size()).toBeLessThanOrEqual(50_001)
  // Those that came too late share what one address may do.
  expect(limiter.admit('192.0.2.77')).toBeUndefined()
  clock.pass(60_000)
  expect(limiter.size()).toBeLessThanOrEqual(50_001)
})

test.each([{}, { connectionsPerSecond: 0 }])(
  'those who have gone make room for those who come: %o',
  (changes) => {
    const { limiter, clock } = open(changes)
    for (let i = 0; i < 50_000; i += 1) limiter.admit(`10.0.${i >> 8}.${i & 255}`)?.end()
    clock.pass(60_000)
    for (let i = 0; i < 1000; i += 1) {
      const address = `10.1.${i >> 8}.${i & 255}`
      expect(Array.from({ length: 3 }, () => limiter.admit(address)).every(Boolean)).toBe(true)
    }
  },
)
