import { execFileSync, spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { makeCrlHarness } from './crl-harness.ts'
import { median } from './server-time.ts'

/**
 * Compares CRLs that are read from the store, signed and stored again: Postern and `openssl ca -gencrl` with
 * an index of the same entries, on one core.
 */
const { values } = parseArgs({
  options: {
    entries: { type: 'string', default: '10000,100000,1000000' },
    rounds: { type: 'string', default: '3' },
  },
})
const core = '0'
/** Compiles code as in a process that has run for a while; large lists do that automatically. */
const listsOf = (entries: number) => Math.max(3, Math.min(20, Math.round(200_000 / entries)))

/** Milliseconds. */
interface Time {
  wall: number
  cpu: number
}

/** The output of `crl-publisher.ts`; memory is in KiB. */
interface RevocationEndpoint {
  full: (Time & { longest: number; peak: number })[]
  partition: Time & { longest: number }
  before: number
  size: number
  entries: number
}

type Harness = Awaited<ReturnType<typeof makeCrlHarness>>

function runPostern({ path, authorityKey, issuerId }: Harness, entries: number): RevocationEndpoint {
  const script = join(import.meta.dirname, 'crl-publisher.ts')
  const key = Buffer.from(authorityKey.first).toString('hex')
  const args = ['-c', core, process.execPath, script, path, key, issuerId, String(listsOf(entries))]
  return JSON.parse(execFileSync('taskset', args, { encoding: 'utf8' }))
}

const gencrl = 'openssl ca -gencrl -config ca.cnf -cert ca.pem -keyfile ca.key -out openssl.crl'

function runOpenssl({ folder }: Harness): Time {
  const script = `TIMEFORMAT='%R %U %S'; time taskset -c ${core} ${gencrl} 2>/dev/null`
  const { stderr, status } = spawnSync('bash', ['-c', script], { cwd: folder.path, encoding: 'utf8' })
  const [wall = 0, user = 0, system = 0] = stderr.trim().split(' ').map(Number)
  if (status !== 0) throw new Error(stderr)
  return { wall: wall * 1000, cpu: (user + system) * 1000 }
}

const show = (times: number[]) =>
  `${Math.round(median(times))} ms (${Math.round(Math.min(...times))} to ${Math.round(Math.max(...times))})`
const ratio = (ours: number[], theirs: number[]) => (median(ours) / median(theirs)).toFixed(3)
const toMebibytes = (octets: number) => `${(octets / 1024 / 1024).toFixed(1)} MiB`

function report(name: string, ours: Time[], theirs: Time[]): void {
  const [cpu, wall] = [ours.map((time) => time.cpu), ours.map((time) => time.wall)]
  process.stdout.write(
    `  ${name}: CPU ${show(cpu)}, ratio ${ratio(
      cpu,
      theirs.map((time) => time.cpu),
    )}; by the clock ${show(wall)}, ratio ${ratio(
      wall,
      theirs.map((time) => time.wall),
    )}\n`,
  )
}

for (const entries of values.entries.split(',').map(Number)) {
  const harness = await makeCrlHarness(entries)
  const theirs: Time[] = []
  const ours: RevocationEndpoint[] = []
  for (let round = 0; round < Number(values.rounds); round += 1) {
    theirs.push(runOpenssl(harness))
    ours.push(runPostern(harness, entries))
  }
  const [first] = ours
  if (first?.entries !== entries) throw new Error(`${first?.entries} entries on the list`)
  harness.folder.run('openssl crl -in openssl.crl -outform DER -out openssl.der')
  const openssl = statSync(join(harness.folder.path, 'openssl.der')).size
  process.stdout.write(
    `${entries} entries, ${values.rounds} rounds; ${toMebibytes(first.size)}, of openssl ${toMebibytes(openssl)}\n`,
  )
  report('openssl ca -gencrl', theirs, theirs)
  report(
    'Postern, the first list of a process',
    ours.map(({ full }) => full[0] as Time),
    theirs,
  )
  report(
    'Postern, those after it',
    ours.flatMap(({ full }) => full.slice(1)),
    theirs,
  )
  report(
    'Postern, one partition',
    ours.map(({ partition }) => partition),
    theirs,
  )
  const peaks = ours.map(({ full, before }) => ((full[0]?.peak ?? 0) - before) * 1024)
  const later = ours.map(({ full, before }) => ((full.at(-1)?.peak ?? 0) - before) * 1024)
  const blocks = ours.flatMap(({ full }) => full.map(({ longest }) => longest))
  process.stdout.write(
    `  Postern’s memory over that of the process: ${toMebibytes(median(peaks))} at most for one list, ${toMebibytes(median(later))} for several in a row\n`,
  )
  process.stdout.write(
    `  longest block of the event loop: ${show(blocks)}, of a partition ${show(ours.map(({ partition }) => partition.longest))}\n`,
  )
  harness.folder[Symbol.dispose]()
}
