import { expect, onTestFinished, test } from 'vitest'
import { createSleepWatch } from './sleep-watch.ts'

const week = 7 * 86_400_000

/** Opens a watch that has begun, with both times in the test's hands. */
function open() {
  const state = { wall: Date.UTC(2028, 1, 29), elapsed: 5000 }
  const watch = createSleepWatch({ now: () => state.wall }, () => state.elapsed)
  onTestFinished(watch.start())
  const pass = (milliseconds: number) => {
    state.wall += milliseconds
    state.elapsed += milliseconds
  }
  return { state, watch, pass }
}

test('a process that runs has not slept', () => {
  const { watch, pass } = open()
  for (let beat = 0; beat < 20; beat += 1) {
    pass(500)
    expect(watch.wasAsleep()).toBe(false)
  }
})

test('a stopped process has slept until all that was committed meanwhile is in force', () => {
  const { state, watch, pass } = open()
  const before = state.elapsed
  pass(10_000)
  expect(watch.wasAsleep()).toBe(true)
  // A read that began before the process was stopped says nothing of what happened meanwhile.
  watch.noteCaughtUp(before)
  expect(watch.wasAsleep()).toBe(true)
  watch.noteCaughtUp(state.elapsed)
  expect(watch.wasAsleep()).toBe(false)
})

test('a machine that was suspended for a week has slept, though its monotonic time stood still', () => {
  const { state, watch } = open()
  state.wall += week
  expect(watch.wasAsleep()).toBe(true)
  expect(watch.missedMs()).toBe(week)
  watch.noteCaughtUp(state.elapsed)
  expect(watch.wasAsleep()).toBe(false)
  expect(watch.missedMs()).toBe(0)
})

test('a clock that is set back is no sleep', () => {
  const { state, watch } = open()
  state.wall -= week
  expect(watch.wasAsleep()).toBe(false)
})

test('without the store calls wait two seconds for it, and no longer', () => {
  const { state, watch, pass } = open()
  pass(10_000)
  expect(watch.wasAsleep()).toBe(true)
  state.wall += week
  expect(watch.wasAsleep()).toBe(true)
  pass(2001)
  expect(watch.wasAsleep()).toBe(false)
  // How old the state is stays known.
  expect(watch.missedMs()).toBe(week)
})
