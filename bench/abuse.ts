import { execFile, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { parseArgs, promisify } from 'node:util'
import { signInFirst } from '../test/support/api.ts'
import { issueCertificate } from '../test/support/certificates.ts'
import { readIdentity } from '../test/support/gateway-client.ts'
import { startPostern } from '../test/support/postern.ts'
import { type LoadResult, putUnderLoad } from './http-load.ts'
import { median } from './server-time.ts'

/**
 * Measures how attacks on a gateway process affect legitimate clients; the gateway has one core, clients and
 * attackers share the other.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
    strangers: { type: 'boolean', default: false },
  },
})
const seconds = Number(values.seconds)
const attacks = [
  'flood of one address',
  'flood of a hundred addresses',
  'flood with unknown certificates',
  'chains of large keys',
  'a hundred streams of each denied connection',
  'the serial number of a customer',
  // Addresses with an accepted certificate have a higher limit from then on.
  'flood with a valid certificate',
  '10,000 silent connections of one address',
  '10,000 silent connections of twenty addresses',
  'a byte a second',
]
const attack = join(import.meta.dirname, 'attack.ts')
const run = promisify(execFile)

const postern = await startPostern({ config: { gateway: { processes: 1 } } })
const [gatewayProcess] = postern.findProcesses('gateway-process') as [number]
const pin = (core: string, processId: number) => spawnSync('taskset', ['-acp', core, String(processId)])
for (const other of [process.pid, postern.processId, ...postern.findProcesses('portal-process')])
  pin('1', other)
pin('0', gatewayProcess)
const admin = await signInFirst(postern, 'admin@acme.example')
const { files } = await issueCertificate(admin, 'acme')
const port = Number(new URL(postern.gateways.production as string).port)
const tls = { ...readIdentity(files), ca: readFileSync(postern.serverCaFile), ALPNProtocols: ['http/1.1'] }
const identityFile = join(files.folder, 'identity.json')
writeFileSync(identityFile, JSON.stringify(readIdentity(files)))
const whoami = Buffer.from('GET /whoami HTTP/1.1\r\nHost: localhost\r\n\r\n')

/**
 * Measures legitimate clients: four with keep-alive connections, and four with a new connection per request.
 */
async function callHonestly(): Promise<[kept: LoadResult, anew: LoadResult]> {
  const load = { port, tls, connections: 4, seconds, check: assertAnswered }
  const closing = Buffer.from(whoami.toString().replace('localhost', 'localhost\r\nConnection: close'))
  return Promise.all([
    putUnderLoad({ ...load, keepsAlive: true, next: () => whoami }),
    putUnderLoad({ ...load, keepsAlive: false, next: () => closing }),
  ])
}
function assertAnswered(answer: Buffer): void {
  if (!answer.subarray(0, 12).equals(Buffer.from('HTTP/1.1 200'))) throw new Error(answer.toString('latin1'))
}
const residentMegabytes = () =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${gatewayProcess}/status`, 'utf8'))?.[1]) / 1024

const rows = new Map<string, { kept: number[]; anew: number[]; memory: number[]; told: string }>()
await callHonestly()
for (let round = 0; round < Number(values.rounds); round += 1)
  for (const kind of ['nothing', ...attacks]) {
    const attacking =
      kind === 'nothing'
        ? undefined
        : run('taskset', [
            '-c',
            '1',
            process.execPath,
            attack,
            kind,
            String(port),
            String(seconds + 1),
            identityFile,
          ])
    const [kept, anew] = await callHonestly()
    const memory = residentMegabytes()
    const told = (await attacking)?.stdout ?? ''
    const row = rows.get(kind) ?? { kept: [], anew: [], memory: [], told }
    rows.set(kind, { ...row, told })
    row.kept.push(kept.p99)
    row.anew.push(anew.p99)
    row.memory.push(memory)
  }
const alone = rows.get('nothing')
const ratio = (values: number[], base: number[] | undefined) =>
  `${median(values).toFixed(1)} ms (${(median(values) / median(base ?? [])).toFixed(2)} ×)`
for (const [kind, { kept, anew, memory, told }] of rows)
  process.stdout.write(
    `${kind}: p99 kept ${ratio(kept, alone?.kept)}, anew ${ratio(anew, alone?.anew)}, ${Math.round(Math.max(...memory))} MB; ${told}\n`,
  )
if (values.strangers) {
  const before = residentMegabytes()
  const kind = '100,000 unknown certificates'
  const { stdout } = await run(process.execPath, [attack, kind, String(port), '600', identityFile])
  const database = new DatabaseSync(join(postern.dataFolder, 'postern.db'), { readOnly: true })
  const { kept } = database.prepare('select count(*) as kept from activity').get() as { kept: number }
  process.stdout.write(
    `${kind}: ${Math.round(before)} MB before, ${Math.round(residentMegabytes())} MB after, ${kept} rows of activity kept; ${stdout}\n`,
  )
}
await postern.stop()
