import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import type { Database } from '../storage/database.ts'
import { createTaskLease } from './task-lease-store.ts'

const times = { renew: 1000, giveUp: 4000, lost: 6000 }

describeOnBothEngines('the lease of the scheduled tasks', (store) => {
  let now = 0
  beforeAll(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    vi.spyOn(performance, 'now').mockImplementation(() => now)
  })
  afterAll(() => {
    vi.restoreAllMocks()
    vi.useRealTimers()
  })
  beforeEach(() => store.database.queries.deleteFrom('task_leases').execute())

  /** A portal of a deployment, as on PostgreSQL. */
  const open = (self: string, queries: Pick<Database, 'queries'>['queries'] = store.database.queries) =>
    createTaskLease({ queries, engine: 'postgres' }, self, times)
  type Portal = ReturnType<typeof open>
  /** Lets time pass in steps of a renewal; the living portals look at each of them. */
  async function pass(milliseconds: number, ...living: Portal[]) {
    for (let passed = 0; passed < milliseconds; passed += times.renew) {
      now += times.renew
      for (const portal of living) await portal.start()
    }
  }

  test('is held by one portal, and by another within seven seconds after its death', async () => {
    const [one, two] = [open('one'), open('two')]
    await one.start()
    await two.start()
    expect([one.isHeld(), two.isHeld()]).toEqual([true, false])
    await pass(60_000, one, two)
    expect([one.isHeld(), two.isHeld()]).toEqual([true, false])
    // It is killed: nobody renews.
    await pass(5000, two)
    expect([one.isHeld(), two.isHeld()]).toEqual([false, false])
    await pass(2000, two)
    expect([one.isHeld(), two.isHeld()]).toEqual([false, true])
    // It was only frozen, and finds that another has it.
    await pass(1000, one, two)
    expect([one.isHeld(), two.isHeld()]).toEqual([false, true])
  })

  test('is given to one of several that want it at once', async () => {
    const portals = ['one', 'two', 'three'].map((self) => open(self))
    await Promise.all(portals.map((portal) => portal.start()))
    expect(portals.filter((portal) => portal.isHeld())).toHaveLength(1)
  })

  test('is given up by a portal that stops, and taken at the next look', async () => {
    const [one, two] = [open('one'), open('two')]
    await one.start()
    await two.start()
    await one.stop()
    expect(one.isHeld()).toBe(false)
    await pass(1000, two)
    expect(two.isHeld()).toBe(true)
  })

  test('is not taken from a portal while the store was away for both', async () => {
    let isAway = false
    const cut = new Proxy(store.database.queries, {
      get(queries, name) {
        if (isAway) throw new Error('away')
        const value = Reflect.get(queries, name)
        return typeof value === 'function' ? value.bind(queries) : value
      },
    })
    const [one, two] = [open('one', cut), open('two', cut)]
    await one.start()
    await pass(2000, one, two)
    isAway = true
    await pass(20_000, one, two)
    expect([one.isHeld(), two.isHeld()]).toEqual([false, false])
    isAway = false
    await two.start()
    expect(two.isHeld()).toBe(false)
    await pass(1000, one, two)
    expect([one.isHeld(), two.isHeld()]).toEqual([true, false])
  })
})
