import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type SweepDependencies, startSweeping } from './sweep.ts'

const hour = 3_600_000
const day = 24 * hour

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
})
afterEach(() => {
  vi.useRealTimers()
})

test('statuses are looked through hourly, also after a clock that was ahead is set back', () => {
  const start = Date.UTC(2027, 1, 1)
  let now = start + 365 * day
  const looked: number[] = []
  const dependencies = {
    connections: { cutEnded: () => 0 },
    registry: { forgetTokens() {}, forgetExternalStatuses: (ended: number) => void looked.push(ended) },
    tokens: { forgetExpired() {} },
    openCalls: new Set(),
    clock: { now: () => now },
  }
  const stop = startSweeping(dependencies as unknown as SweepDependencies)
  const sweep = () => vi.advanceTimersByTime(1000)
  sweep()
  expect(looked.splice(0)).toHaveLength(1)
  now = start
  sweep()
  sweep()
  expect(looked.splice(0)).toEqual([start - day])
  now = start + hour
  sweep()
  sweep()
  expect(looked).toEqual([start + hour - day])
  stop()
})
