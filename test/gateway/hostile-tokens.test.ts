import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const script = join(import.meta.dirname, '../support/hostile-calls.ts')
/** With 4 there are a million. */
const times = Number(process.env.POSTERN_TIMES ?? 1)

test('a gateway with 256 MB survives hostile requests and keeps the limits of other clients', {
  timeout: 300_000,
}, async () => {
  const limits = ['--max-old-space-size=256', '--expose-gc']
  const { stdout } = await promisify(execFile)(process.execPath, [...limits, script, String(times)])
  const seen = JSON.parse(stdout)
  expect(seen.calls).toBe(250_000 * times)
  expect(seen.counts).toEqual({ called: 125_000 * times, refused: 125_000 * times })
  expect(seen.keptOfVictims).toBe(100)
  expect(seen.overHttp2).toEqual({ 200: 800, 401: 1200 })
  expect(seen.heapMegabytes).toBeLessThan(100)
  expect(seen.keptAtExpiry).toEqual([true, false])
})
