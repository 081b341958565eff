import { expect, test } from 'vitest'
import { createUnauthenticatedLimiter } from './limit-unauthenticated.ts'

const limits = { openConnections: 3, connectionsPerSecond: 2, totalConnectionsPerSecond: 0 }
const open = (changes = {}) => {
  let time = 1_790_000_000_000
  const clock = { now: () => time, pass: (milliseconds: number) => (time += milliseconds) }
  return { clock, limiter: createUnauthenticatedLimiter({ ...limits, ...changes }, clock) }
}

test('an address has a limit of open connections, and each that ends frees one', () => {
  const { limiter } = open()
  const admitted = [1, 2, 3].map(() => limiter.admit('192.0.2.1'))
  expect(limiter.admit('192.0.2.1')).toBeUndefined()
  expect(limiter.admit('192.0.2.2')).toBeDefined()
  admitted[0]?.end()
  admitted[0]?.end()
  expect(limiter.admit('192.0.2.1')).toBeDefined()
  expect(limiter.admit('192.0.2.1')).toBeUndefined()
})

test('a burst is allowed, and then a rate per second', () => {
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

test('a client with an accepted certificate is not limited', () => {
  const { limiter } = open()
  for (let i = 0; i < 100; i += 1) {
    const admission = limiter.admit('192.0.2.1')
    expect(admission).toBeDefined()
    admission?.accept()
    if (i % 2 === 0) admission?.end()
  }
})

test('a limit of 0 does not limit', () => {
  const { limiter } = open({ openConnections: 0, connectionsPerSecond: 0 })
  for (let i = 0; i < 1000; i += 1) expect(limiter.admit('192.0.2.1')).toBeDefined()
})

test('a limited address is logged at most once per minute', () => {
  const { limiter, clock } = open()
  expect([1, 2, 3].map(() => limiter.shouldReport('192.0.2.1'))).toEqual([true, false, false])
  expect(limiter.shouldReport('192.0.2.2')).toBe(true)
  clock.pass(60_000)
  expect(limiter.shouldReport('192.0.2.1')).toBe(true)
})

test('an IPv6 network is one client, and hundreds of thousands of addresses stay within the configured memory', () => {
  const { limiter, clock } = open()
  for (const address of ['2001:db8::1', '2001:db8:0:0:1::2', '2001:db8:0:0:ffff:1:2:3'])
    expect(limiter.admit(address)).toBeDefined()
  expect(limiter.admit('2001:db8::9')).toBeUndefined()
  expect(limiter.admit('2001:db8:0:1::9')).toBeDefined()
  for (let i = 0; i < 120_000; i += 1) limiter.admit(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`)
  expect(limiter.size()).toBeLessThanOrEqual(50_001)
  // The later addresses share the limit of one address.
  expect(limiter.admit('192.0.2.77')).toBeUndefined()
  clock.pass(60_000)
  expect(limiter.size()).toBeLessThanOrEqual(50_001)
})

test.each([{}, { connectionsPerSecond: 0 }])(
  'disconnected addresses make room for new ones: %o',
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

test('additional costs of a connection are charged to its address, and expire', () => {
  const { limiter, clock } = open({ openConnections: 0 })
  const admission = limiter.admit('192.0.2.1')
  admission?.charge(1000)
  expect(limiter.admit('192.0.2.1')).toBeUndefined()
  expect(limiter.admit('192.0.2.2')).toBeDefined()
  // However much it cost, no client waits for longer than half a minute.
  clock.pass(31_000)
  expect(limiter.admit('192.0.2.1')).toBeDefined()
})

test('an accepted certificate refunds what its connection was charged', () => {
  const { limiter } = open({ openConnections: 0 })
  for (let i = 0; i < 50; i += 1) {
    const admission = limiter.admit('192.0.2.1')
    admission?.charge(5)
    admission?.accept()
  }
  expect(limiter.admit('192.0.2.1')).toBeDefined()
})

test('additional costs of an accepted connection are still charged', () => {
  const { limiter } = open({ openConnections: 0 })
  const admission = limiter.admit('192.0.2.1')
  admission?.accept()
  admission?.charge(1000)
  expect(limiter.admit('192.0.2.1')).toBeUndefined()
})

test('if all addresses together connect too often, those that had an accepted certificate are served', () => {
  const { limiter, clock } = open({
    openConnections: 0,
    connectionsPerSecond: 100,
    totalConnectionsPerSecond: 10,
  })
  limiter.admit('203.0.113.7')?.accept()
  const flood = Array.from({ length: 200 }, (_, i) => limiter.admit(`198.51.100.${i}`))
  expect(flood.filter(Boolean)).toHaveLength(50)
  expect(limiter.admit('203.0.113.8')).toBeUndefined()
  for (let i = 0; i < 20; i += 1) expect(limiter.admit('203.0.113.7')).toBeDefined()
  clock.pass(1000)
  expect(limiter.admit('203.0.113.8')).toBeDefined()
  // A day after its last accepted certificate an address is like all others.
  clock.pass(86_400_000)
  for (let i = 0; i < 200; i += 1) limiter.admit(`198.51.100.${i}`)
  expect(limiter.admit('203.0.113.7')).toBeUndefined()
})

test('a load balancer with an accepted certificate has ten times the limit', () => {
  const { limiter, clock } = open({ openConnections: 0 })
  limiter.admit('192.0.2.1')?.accept()
  clock.pass(60_000)
  const admitted = Array.from({ length: 300 }, () => limiter.admit('192.0.2.1')).filter(Boolean)
  expect(admitted).toHaveLength(100)
})

test('the number of remembered addresses with accepted certificates is bounded', () => {
  const { limiter, clock } = open({ openConnections: 0, totalConnectionsPerSecond: 1 })
  limiter.admit('203.0.113.7')?.accept()
  for (let i = 0; i < 50_000; i += 1) {
    limiter.admit(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`)?.accept()
    clock.pass(0)
  }
  for (let i = 0; i < 10; i += 1) limiter.admit('198.51.100.1')
  expect(limiter.admit('203.0.113.7')).toBeUndefined()
})
