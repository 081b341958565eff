import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createFairSlots, type Share, type SlotWaiter } from './share-slots.ts'

const newShare = (): Share => ({ held: 0, waiting: undefined })

/** Creates upstream connections with a list of who was served, in order, and who was dropped. */
function openSlots(most: number, maxWaiting = 1000) {
  const slots = createFairSlots({ most, maxWaiting })
  const served: Share[] = []
  const dropped: Share[] = []
  return {
    slots,
    served,
    dropped,
    /** Takes a connection, or waits for one; returns the request if it waits. */
    ask(share: Share): SlotWaiter | undefined {
      if (slots.tryTake(share)) {
        served.push(share)
        return undefined
      }
      const waiter: SlotWaiter = {
        share,
        onGranted: () => served.push(share),
        onDropped: () => dropped.push(share),
      }
      if (!slots.wait(waiter)) dropped.push(share)
      return waiter
    },
  }
}

test('one organization leaves half of the connections to others, however many it requests', () => {
  const { slots, ask } = openSlots(1024)
  const [greedy, other] = [newShare(), newShare()]
  for (let i = 0; i < 2000; i++) ask(greedy)
  expect(greedy.held).toBe(512)
  expect(ask(other)).toBeUndefined()
  expect(slots.count().free).toBe(511)
})

test('a new organization gets a connection, however many greedy organizations there are', () => {
  const { ask } = openSlots(1024)
  const greedy = Array.from({ length: 9 }, newShare)
  for (let i = 0; i < 500; i++) for (const share of greedy) ask(share)
  expect(greedy.map(({ held }) => held)).toEqual(Array(9).fill(103).fill(102, 4))
  expect(ask(newShare())).toBeUndefined()
})

test('organizations are served in turn, and requests of one in their order', () => {
  const { slots, ask, served } = openSlots(1)
  const [first, a, b, c] = [newShare(), newShare(), newShare(), newShare()]
  ask(first)
  for (const share of [a, a, a, a, b, b, c]) ask(share)
  served.length = 0
  let last = first
  for (let i = 0; i < 7; i++) {
    slots.giveBack(last)
    last = served.at(-1) as Share
  }
  expect(served).toEqual([a, b, c, a, b, a, a])
})

test('a request that stopped waiting is not served', () => {
  const { slots, ask, served } = openSlots(1)
  const [first, a, b] = [newShare(), newShare(), newShare()]
  ask(first)
  const gone = ask(a) as SlotWaiter
  ask(b)
  slots.leave(gone)
  slots.leave(gone)
  slots.giveBack(first)
  expect(served).toEqual([first, b])
  expect(slots.count()).toEqual({ free: 0, waiting: 0 })
})

test('a request that ends when it is served can release its connection reentrantly', () => {
  const slots = createFairSlots({ most: 1, maxWaiting: 100_000 })
  const shares = Array.from({ length: 50_000 }, newShare)
  const [first, ...others] = shares as [Share, ...Share[]]
  let count = 0
  expect(slots.tryTake(first)).toBe(true)
  for (const share of others)
    slots.wait({
      share,
      onGranted: () => {
        count += 1
        slots.giveBack(share)
      },
      onDropped: () => {},
    })
  slots.giveBack(first)
  expect(count).toBe(others.length)
  expect(slots.count()).toEqual({ free: 1, waiting: 0 })
})

test('a full queue drops a request of the organization with the most, never of one with fewer', () => {
  const { slots, ask, dropped } = openSlots(1, 10)
  const [first, greedy, modest, newcomer] = [newShare(), newShare(), newShare(), newShare()]
  ask(first)
  for (let i = 0; i < 8; i++) ask(greedy)
  for (let i = 0; i < 2; i++) ask(modest)
  ask(newcomer)
  expect(dropped).toEqual([greedy])
  ask(greedy)
  expect(dropped).toEqual([greedy, greedy])
  expect([greedy, modest, newcomer].map(({ waiting }) => waiting?.size)).toEqual([7, 2, 1])
  expect(slots.count().waiting).toBe(10)
})

/** What organizations do with connections: each step is an organization and whether it takes or releases. */
const steps = fc.record({
  most: fc.integer({ min: 1, max: 12 }),
  steps: fc.array(fc.tuple(fc.nat(4), fc.constantFrom('ask', 'ask', 'give', 'leave')), { maxLength: 300 }),
})

test('no organization waits longer than its turn, and no connection is used twice or lost', () => {
  fc.assert(
    fc.property(steps, ({ most, steps }) => {
      const shares = Array.from({ length: 5 }, newShare)
      const { slots, served, ask } = openSlots(most)
      /** How often others have been served since an organization without any connection began to wait. */
      const passed = new Map<Share, number[]>()
      const waiters: SlotWaiter[] = []
      for (const [index, step] of steps) {
        const share = shares[index] as Share
        const before = served.length
        if (step === 'ask') {
          const waiter = ask(share)
          if (waiter !== undefined) waiters.push(waiter)
        } else if (step === 'give' && share.held > 0) slots.giveBack(share)
        else if (step === 'leave' && waiters.length > 0) slots.leave(waiters.shift() as SlotWaiter)

        for (const one of served.slice(before)) {
          for (const counts of passed.values())
            counts[shares.indexOf(one)] = (counts[shares.indexOf(one)] ?? 0) + 1
          passed.delete(one)
        }
        for (const one of shares) {
          const isWaiting = (one.waiting?.size ?? 0) > 0 && one.held === 0
          if (!isWaiting) passed.delete(one)
          else if (!passed.has(one)) passed.set(one, [])
        }
        for (const counts of passed.values())
          for (const count of counts) expect(count ?? 0).toBeLessThanOrEqual(1)
        const held = shares.reduce((sum, one) => sum + one.held, 0)
        expect(held + slots.count().free).toBe(most)
        expect(slots.count().free).toBeGreaterThanOrEqual(0)
        // A waiting organization is either behind its own requests, or has as many connections as are free.
        for (const one of shares)
          if ((one.waiting?.size ?? 0) > 0) expect(one.held).toBeGreaterThanOrEqual(slots.count().free)
      }
    }),
    { numRuns: 2000 },
  )
})
