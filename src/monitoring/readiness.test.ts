import { expect, test, vi } from 'vitest'
import { createReadiness, type Problem } from './readiness.ts'

const away: Problem = { code: 'store_unreachable', isBlocking: true }
const never = () => new Promise<Problem[]>(() => {})

test('the readiness of a process lists what its checks find, and that it will stop', async () => {
  const readiness = createReadiness([{ find: () => [away] }, { find: async () => [] }])
  expect(await readiness.list()).toEqual([away])
  readiness.drain()
  expect(await readiness.list()).toEqual([{ code: 'draining', isBlocking: true }, away])
})

test('a check runs once for all who ask within its time, and not before someone asks', async () => {
  const find = vi.fn(async () => [])
  const readiness = createReadiness([{ find, maxAgeMs: 60_000 }])
  expect(find).not.toHaveBeenCalled()
  await Promise.all(Array.from({ length: 20 }, readiness.list))
  await readiness.list()
  expect(find).toHaveBeenCalledTimes(1)
})

test('a check that hangs is answered in time, once, and does not run twice', async () => {
  const find = vi.fn(never)
  const readiness = createReadiness([{ find, whenUnknown: away }], 5)
  expect(await readiness.list()).toEqual([away])
  expect(await readiness.list()).toEqual([away])
  expect(find).toHaveBeenCalledTimes(1)
})

test('a check that fails says what it is told to say, or its last answer', async () => {
  const fails = () => Promise.reject(new Error('no'))
  expect(await createReadiness([{ find: fails, whenUnknown: away }]).list()).toEqual([away])
  const clock: Problem = { code: 'clock_wrong', isBlocking: true }
  const answers = [async () => [clock], fails]
  const readiness = createReadiness([{ find: () => (answers.shift() ?? fails)(), maxAgeMs: 0 }])
  expect(await readiness.list()).toEqual([clock])
  expect(await readiness.list()).toEqual([clock])
})
