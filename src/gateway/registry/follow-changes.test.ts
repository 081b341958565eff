import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { expectWithin } from '../../../test/support/expect-within.ts'
import { followChanges } from './follow-changes.ts'

function openLog() {
  const log: { version: number; mark: string; kind: string; subjectId: string }[] = []
  const applied: string[] = []
  const confirmed: number[] = []
  const failures: unknown[] = []
  const state = {
    wake: () => {},
    hear: (_is: boolean) => {},
    reads: 0,
    isAway: false,
    stopped: false,
    forgotten: 0,
    isReadOnly: false,
  }
  const parts = {
    async findChanges({ version, mark }: { version: number; mark: string }) {
      state.reads += 1
      if (state.isAway) throw new Error('the store is away')
      if (state.forgotten > version) return 'forgotten' as const
      const known = log.find((change) => change.version === version)
      if (version > 0 && mark !== '' && known?.mark !== mark) return 'other-log' as const
      return log.filter((change) => change.version > version).slice(0, 2)
    },
    changesPerRead: 2,
    async reload(isOtherLog: boolean) {
      if (state.isReadOnly) throw new Error('the store takes no writes')
      applied.push(isOtherLog ? 'everything of an older store' : 'everything')
      return log.at(-1) ?? at(0)
    },
    async watch(wake: () => void, onHearing: (isHearing: boolean) => void) {
      state.wake = wake
      state.hear = onHearing
      onHearing(true)
      return async () => {
        state.stopped = true
      }
    },
    async apply({ subjectId }: { subjectId: string }) {
      if (state.isAway) throw new Error('the store is away')
      applied.push(subjectId)
    },
    onConfirmed: (version: number) => void confirmed.push(version),
    onFailed: (error: unknown) => void failures.push(error),
  }
  const add = (version: number, mark = 'm', kind = 'certificate') =>
    log.push({ version, mark, kind, subjectId: `c${version}` })
  return { dependencies: parts, state, applied, confirmed, failures, add, log }
}

const at = (version: number) => ({ version, mark: '' })

test('every change after the given version is applied once, in order', async () => {
  const { dependencies: parts, state, applied, confirmed, add } = openLog()
  for (const version of [1, 2, 3, 5, 8, 9]) add(version)
  const follower = await followChanges(parts, at(2))
  await expect.poll(() => confirmed).toEqual([3, 5, 8, 9])
  const { reads } = state
  const caughtUp = new Promise<number>((resolve) =>
    Object.assign(parts, { onCaughtUp: () => applied.includes('c10') && resolve(state.reads) }),
  )
  add(10)
  state.wake()
  await expect.poll(() => applied).toEqual(['c3', 'c5', 'c8', 'c9', 'c10'])
  expect(confirmed).toEqual([3, 5, 8, 9, 10])
  await follower.stop()
  // Fewer changes than are read at once are all that there were: what may have come meanwhile wakes.
  expect((await caughtUp) - reads).toBe(1)
  expect(state.stopped).toBe(true)
})

test('following continues while the store is unavailable and catches up afterwards', async () => {
  const { dependencies: parts, state, applied, failures, add } = openLog()
  const follower = await followChanges(parts, at(0))
  state.isAway = true
  add(1)
  add(2)
  state.wake()
  await wait(50)
  expect(applied).toEqual([])
  expect(failures).toContainEqual(new Error('the store is away'))
  state.isAway = false
  await wait(600)
  expect(applied).toEqual(['c1', 'c2'])
  await follower.stop()
})

test('changes are applied without a wake-up', async () => {
  const { dependencies: parts, applied, add } = openLog()
  const follower = await followChanges(parts, at(0))
  await wait(20)
  add(1)
  await wait(1300)
  expect(applied).toEqual(['c1'])
  await follower.stop()
})

test('a store that cannot wake is asked more often, and one that answers slowly less often than that', async () => {
  const { dependencies: parts, state } = openLog()
  let isSlow = false
  const follower = await followChanges(
    {
      ...parts,
      async findChanges(position) {
        if (isSlow) await wait(300)
        return parts.findChanges(position)
      },
    },
    at(0),
  )
  const readsIn = async (milliseconds: number) => {
    const before = state.reads
    await wait(milliseconds)
    return state.reads - before
  }
  expect(await readsIn(1000)).toBeLessThan(4)
  state.hear(false)
  // At a tenth of a second, on a machine with much else to do.
  expect(await readsIn(1000)).toBeGreaterThan(3)
  isSlow = true
  await wait(300)
  expect(await readsIn(1000)).toBeLessThan(4)
  await follower.stop()
})

test('many wake-ups during a read lead to one further read', async () => {
  const { dependencies: parts, state } = openLog()
  const follower = await followChanges(
    {
      ...parts,
      async findChanges(position) {
        await wait(50)
        return parts.findChanges(position)
      },
    },
    at(0),
  )
  await wait(200)
  const before = state.reads
  for (let woken = 0; woken < 1000; woken += 1) state.wake()
  await follower.catchUp()
  expect(state.reads - before).toBeLessThanOrEqual(2)
  await follower.stop()
})

test('catching up applies what was committed before it was requested, also while a read is in progress', async () => {
  const { dependencies: parts, state, applied, add } = openLog()
  const follower = await followChanges(parts, at(0))
  for (let version = 1; version <= 20; version++) {
    add(version)
    if (version % 2 === 0) state.wake()
    await follower.catchUp()
    expect(applied.at(-1)).toBe(`c${version}`)
  }
  await follower.stop()
})

test('catching up does not block a request while the store does not respond', async () => {
  const { dependencies: parts, state } = openLog()
  const follower = await followChanges(
    { ...parts, findChanges: () => (state.isAway ? new Promise(() => {}) : parts.findChanges(at(0))) },
    at(0),
  )
  await follower.catchUp()
  state.isAway = true
  const started = performance.now()
  await follower.catchUp()
  expectWithin('a silent store is waited for', 2000, performance.now() - started)
})

test('everything is reloaded if the log no longer has the changes, and following continues from there', async () => {
  const { dependencies: parts, state, applied, confirmed, add } = openLog()
  for (const version of [1, 2, 3]) add(version)
  state.forgotten = 2
  const follower = await followChanges(parts, at(1))
  await expect.poll(() => applied).toEqual(['everything'])
  add(4)
  state.wake()
  await expect.poll(() => applied).toEqual(['everything', 'c4'])
  expect(confirmed).toEqual([3, 4])
  await follower.stop()
})

test('a restored log is detected even if it is longer than before, and nothing is confirmed until all is reloaded', async () => {
  const { dependencies: parts, state, applied, confirmed, add, log } = openLog()
  for (const version of [1, 2, 3]) add(version)
  const follower = await followChanges(parts, at(0))
  await expect.poll(() => confirmed).toEqual([1, 2, 3])
  // Change 3 is lost, and others are in its place and after it.
  state.isReadOnly = true
  log.pop()
  for (const version of [3, 4, 5]) add(version, 'other')
  state.wake()
  await wait(300)
  expect(confirmed).toEqual([1, 2, 3])
  expect(applied).toEqual(['c1', 'c2', 'c3'])
  state.isReadOnly = false
  await expect.poll(() => confirmed).toEqual([1, 2, 3, 5])
  expect(applied.slice(3)).toEqual(['everything of an older store'])
  await follower.stop()
})

test('everything is reloaded after another process has started a new epoch of the store', async () => {
  const { dependencies: parts, applied, confirmed, add } = openLog()
  for (const version of [1, 2]) add(version)
  add(3, 'm', 'epoch')
  const follower = await followChanges(parts, at(2))
  await expect.poll(() => confirmed).toEqual([3])
  expect(applied).toEqual(['everything'])
  await follower.stop()
})
