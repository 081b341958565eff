import { spawnSync } from 'node:child_process'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { signInFirst } from '../test/support/api.ts'
import { type RunningPostern, startPostern } from '../test/support/postern.ts'
import { findFreePort } from '../test/support/postgres.ts'
import { openCallLoad } from './call-load.ts'
import { type Load, putUnderLoad } from './http-load.ts'
import { cpuSeconds, median } from './server-time.ts'

/** Measures the cost of telemetry: requests through a normal gateway, and through one without it. */
const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '2' }, rounds: { type: 'string', default: '21' } },
})
const [serverCore, otherCore] = ['0', '1']
const apiPort = await findFreePort()
const api = createServer((_request, response) => response.end('{"payments":[]}')).listen(apiPort, '127.0.0.1')
const environments = {
  production: { port: 1, upstream: `http://127.0.0.1:${apiPort}` },
  staging: { port: 2 },
}
const pin = (core: string, processId: number) => spawnSync('taskset', ['-acp', core, String(processId)])

interface Contestant {
  name: string
  postern: RunningPostern
  gateway: number
  load: Load
  rounds: number[]
}

async function open(name: string, nodeOptions = ''): Promise<Contestant> {
  const postern = await startPostern({
    config: { gateway: { processes: 1 }, environments },
    environment: { NODE_OPTIONS: nodeOptions },
  })
  const [gateway] = postern.findProcesses('gateway-process') as [number]
  for (const other of [process.pid, postern.processId, ...postern.findProcesses('portal-process')])
    pin(otherCore, other)
  pin(serverCore, gateway)
  const admin = await signInFirst(postern, 'admin@acme.example')
  const asked = { environment: 'production', path: () => '/payments', seconds: Number(values.seconds) }
  return { name, postern, gateway, load: await openCallLoad(postern, admin, asked), rounds: [] }
}

const hooks = join(import.meta.dirname, 'without-telemetry.ts')
const contestants = [await open('with telemetry'), await open('without', `--import=${hooks}`)]
for (const { load } of contestants) await putUnderLoad(load)
for (let round = 0; round < Number(values.rounds); round += 1) {
  // In turn, and each equally often first: the speed of the machine varies from one second to the next.
  for (const { gateway, load, rounds } of round % 2 === 0 ? contestants : contestants.toReversed()) {
    const before = cpuSeconds([gateway])
    const { answers } = await putUnderLoad(load)
    rounds.push(((cpuSeconds([gateway]) - before) / answers) * 1e6)
  }
}
for (const { name, rounds } of contestants)
  process.stdout.write(
    `${name}: ${median(rounds).toFixed(1)} µs of CPU for each call (${Math.min(...rounds).toFixed(1)} to ${Math.max(...rounds).toFixed(1)})\n`,
  )
const [cost, bare] = contestants.map(({ rounds }) => median(rounds)) as [number, number]
process.stdout.write(`telemetry: ${(cost - bare).toFixed(1)} µs, ${((1 - bare / cost) * 100).toFixed(1)} %\n`)
for (const { postern } of contestants) await postern.stop()
api.close()
