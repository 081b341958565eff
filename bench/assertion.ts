import { spawnSync } from 'node:child_process'
import { createServer } from 'node:http'
import { parseArgs } from 'node:util'
import { signInFirst } from '../test/support/api.ts'
import { startPostern } from '../test/support/postern.ts'
import { findFreePort } from '../test/support/postgres.ts'
import { openCallLoad } from './call-load.ts'
import { type Load, putUnderLoad } from './http-load.ts'
import { cpuSeconds, median } from './server-time.ts'

/**
 * Measures the cost of the signed assertion: requests with it, requests with it and a new path each, requests
 * without.
 */
const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '3' }, rounds: { type: 'string', default: '5' } },
})
const [serverCore, otherCore] = ['0', '1']
const apiPort = await findFreePort()
const api = createServer((_request, response) => response.end('{"payments":[]}')).listen(apiPort, '127.0.0.1')
const upstream = `http://127.0.0.1:${apiPort}`
const postern = await startPostern({
  config: {
    gateway: { processes: 1 },
    environments: {
      production: { port: 1, upstream },
      staging: { port: 2, upstream, assertion: false, issuance: 'automatic' },
    },
  },
})
const pin = (core: string, processId: number) => spawnSync('taskset', ['-acp', core, String(processId)])
const [gateway] = postern.findProcesses('gateway-process') as [number]
for (const other of [process.pid, postern.processId, ...postern.findProcesses('portal-process')])
  pin(otherCore, other)
pin(serverCore, gateway)

const admin = await signInFirst(postern, 'admin@acme.example')

const loadOf = (environment: string, path: () => string): Promise<Load> =>
  openCallLoad(postern, admin, { environment, path, seconds: Number(values.seconds) })

let count = 0
const nextPath = () => {
  count += 1
  return `/payments/${count}`
}
const contestants: [string, Load][] = [
  ['without', await loadOf('staging', () => '/payments')],
  ['with, the same address', await loadOf('production', () => '/payments')],
  ['without, a new address each', await loadOf('staging', nextPath)],
  ['with, a new address each', await loadOf('production', nextPath)],
]
for (const [, load] of contestants) await putUnderLoad(load)
const results = new Map<string, { perCpuSecond: number; p99: number }[]>()
for (let round = 0; round < Number(values.rounds); round += 1) {
  for (const [name, load] of contestants) {
    const before = cpuSeconds([gateway])
    const { answers, p99 } = await putUnderLoad(load)
    const perCpuSecond = answers / (cpuSeconds([gateway]) - before)
    results.set(name, [...(results.get(name) ?? []), { perCpuSecond, p99 }])
  }
}
for (const [name, rounds] of results) {
  const rates = rounds.map(({ perCpuSecond }) => Math.round(perCpuSecond))
  process.stdout.write(
    `${name}: ${median(rates)}/s of CPU (${Math.min(...rates)} to ${Math.max(...rates)}), ${(1e6 / median(rates)).toFixed(0)} µs each, p99 ${median(rounds.map(({ p99 }) => p99)).toFixed(1)} ms\n`,
  )
}
await postern.stop()
api.close()
