import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { followChanges } from './follow-changes.ts'

function openLog() {
  const log: { version: number; kind: string; subjectId: string }[] = []
  const applied: string[] = []
  const confirmed: number[] = []
  const state = { wake: () => {}, isAway: false, stopped: false, forgotten: 0 }
  const parts = {
    async findChanges(version: number) {
      if (state.isAway) throw new Error('the store is away')
      if (state.forgotten > version) return undefined
      return log.filter((change) => change.version > version).slice(0, 2)
    },
    async reload() {
      applied.push('everything')
      return log.at(-1)?.version ?? 0
    },
    async watch(wake: () => void) {
      state.wake = wake
      return async () => {
        state.stopped = true
      }
    },
    async apply({ subjectId }: { subjectId: string }) {
      if (state.isAway) throw new Error('the store is away')
      applied.push(subjectId)
    },
    onConfirmed: (version: number) => void confirmed.push(version),
  }
  const add = (version: number) => log.push({ version, kind: 'certificate', subjectId: `c${version}` })
  return { parts, state, applied, confirmed, add }
}

test('puts every change after the given version in force, in order and once', async () => {
  const { parts, state, applied, confirmed, add } = openLog()
  for (const version of [1, 2, 3, 5, 8, 9]) add(version)
  const follower = await followChanges(parts, 2)
  await wait(20)
  add(10)
  state.wake()
  await wait(20)
  expect(applied).toEqual(['c3', 'c5', 'c8', 'c9', 'c10'])
  expect(confirmed).toEqual([3, 5, 8, 9, 10])
  await follower.stop()
  expect(state.stopped).toBe(true)
})

test('goes on while the store is away and catches up when it is back', async () => {
  const { parts, state, applied, add } = openLog()
  const follower = await followChanges(parts, 0)
  state.isAway = true
  add(1)
  add(2)
  state.wake()
  await wait(50)
  expect(applied).toEqual([])
  state.isAway = false
  await wait(600)
  expect(applied).toEqual(['c1', 'c2'])
  await follower.stop()
})

test('needs no wake-up', async () => {
  const { parts, applied, add } = openLog()
  const follower = await followChanges(parts, 0)
  await wait(20)
  add(1)
  await wait(1300)
  expect(applied).toEqual(['c1'])
  await follower.stop()
})

test('knows what was committed before it was asked to catch up, also while it is busy', async () => {
  const { parts, state, applied, add } = openLog()
  const follower = await followChanges(parts, 0)
  for (let version = 1; version <= 20; version++) {
    add(version)
    if (version % 2 === 0) state.wake()
    await follower.catchUp()
    expect(applied.at(-1)).toBe(`c${version}`)
  }
  await follower.stop()
})

test('does not keep a caller waiting for a store that does not answer', async () => {
  const { parts, state } = openLog()
  const follower = await followChanges(
    { ...parts, findChanges: () => (state.isAway ? new Promise(() => {}) : parts.findChanges(0)) },
    0,
  )
  await follower.catchUp()
  state.isAway = true
  const started = performance.now()
  await follower.catchUp()
  expect(performance.now() - started).toBeLessThan(2000)
})

test('reads everything again where changes are not kept any more, and goes on from there', async () => {
  const { parts, state, applied, confirmed, add } = openLog()
  for (const version of [1, 2, 3]) add(version)
  state.forgotten = 2
  const follower = await followChanges(parts, 1)
  await expect.poll(() => applied).toEqual(['everything'])
  add(4)
  state.wake()
  await expect.poll(() => applied).toEqual(['everything', 'c4'])
  expect(confirmed).toEqual([3, 4])
  await follower.stop()
})
