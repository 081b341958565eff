import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const script = join(import.meta.dirname, '../support/hostile-calls.ts')

test('a gateway with 256 MB survives a million hostile requests and keeps the limits of other clients', {
  timeout: 300_000,
}, async () => {
  const limits = ['--max-old-space-size=256', '--expose-gc']
  const { stdout } = await promisify(execFile)(process.execPath, [...limits, script])
  const seen = JSON.parse(stdout)
  expect(seen.calls).toBe(1_000_000)
  expect(seen.counts).toEqual({ called: 500_000, refused: 500_000 })
  expect(seen.keptOfVictims).toBe(100)
  expect(seen.overHttp2).toEqual({ 200: 800, 401: 1200 })
  expect(seen.heapMegabytes).toBeLessThan(128)
  expect(seen.keptAtExpiry).toEqual([true, false])
})
