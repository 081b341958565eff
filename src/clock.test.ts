import { expect, test } from 'vitest'
import { createExpiringClock, createMonotonicClock } from './clock.ts'
import { createRegistry } from './gateway/registry/registry.ts'

const day = 86_400_000

/** Returns a settable clock and a monotonic time. */
function open() {
  const state = { wall: Date.UTC(2027, 0, 1), elapsed: 5000 }
  const clock = { now: () => state.wall }
  const pass = (milliseconds: number) => {
    state.wall += milliseconds
    state.elapsed += milliseconds
  }
  return { state, clock, pass, elapsed: () => state.elapsed }
}

test('a steady clock follows the clock of the machine back but not ahead', () => {
  const { state, clock, pass, elapsed } = open()
  const steady = createMonotonicClock(clock, elapsed)
  pass(1000)
  expect(steady.now()).toBe(state.wall)
  state.wall += 400 * day
  expect(steady.now()).toBe(state.wall - 400 * day)
  state.wall -= 401 * day
  expect(steady.now()).toBe(state.wall)
})

test('a steady clock gives whole milliseconds, which is what the columns of a store take', () => {
  const { state, clock, pass, elapsed } = open()
  const steady = createMonotonicClock(clock, elapsed)
  pass(1000)
  state.elapsed -= 0.25
  expect(steady.now()).toBe(state.wall - 1)
})

test.each([1, 400])(
  'a jump of the clock by %i days and back does not make a revoked token valid again',
  (days) => {
    const { state, clock, pass, elapsed } = open()
    const registry = createRegistry()
    const forgetting = createExpiringClock(clock, elapsed)
    registry.revokeToken('jti', state.wall + 600_000)
    state.wall += days * day
    pass(1000)
    registry.forgetTokens(forgetting.now())
    state.wall -= days * day
    expect(registry.isTokenRevoked('jti')).toBe(true)
    // It is deleted a day after its expiry.
    pass(day + 600_000)
    registry.forgetTokens(forgetting.now())
    expect(registry.isTokenRevoked('jti')).toBe(false)
  },
)
