import { expect, test } from 'vitest'
import { coalesceRuns } from './coalesce-runs.ts'

test('coalesced runs: a call during a run gets a run that begins after the call, shared with concurrent calls', async () => {
  const begun: string[] = []
  const ends: (() => void)[] = []
  const run = coalesceRuns((name) => {
    begun.push(name)
    return new Promise((resolve) => ends.push(resolve))
  })
  const first = run('a')
  const others = [run('a'), run('a'), run('b')]
  expect(begun).toEqual(['a', 'b'])
  ends[0]?.()
  await first
  const late = run('a')
  await new Promise((resolve) => setImmediate(resolve))
  expect(begun).toEqual(['a', 'b', 'a'])
  for (const end of ends) end()
  await Promise.all([...others, late])
  expect(begun).toEqual(['a', 'b', 'a'])
})

test('coalesced runs: a failed run fails for all calls that share it, and the next call gets a new run', async () => {
  let tried = 0
  const run = coalesceRuns(async () => {
    tried += 1
    if (tried === 1) throw new Error('away')
  })
  const [first, next] = [run('a'), run('a')]
  await expect(first).rejects.toThrow('away')
  await next
  expect(tried).toBe(2)
})
