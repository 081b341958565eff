import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openDatabase } from '../src/storage/database.ts'
import { migrate } from '../src/storage/migrate.ts'
import { type PosternPlace, preparePostern, sources } from '../test/support/postern.ts'
import { createPostgresDatabase, findFreePort, startPostgres } from '../test/support/postgres.ts'
import { fillScaleStore } from './fill-scale-store.ts'
import { startFollowers } from './scale-followers.ts'
import { describe, type Lags, measureChanges, measureRevocations } from './scale-lag.ts'
import { measureProcesses } from './scale-processes.ts'
import { median } from './server-time.ts'

/**
 * Measures a store of a size that few have: what a gateway needs for all certificates, how soon many of them know of a
 * change, what the portal asks of the store by itself, and whether portal and gateway keep their memory under mixed
 * traffic. The gateways that follow are simulated in two processes; see `scale-follower.ts`.
 */
const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'sqlite,postgres' },
    certificates: { type: 'string', default: '1000000' },
    organizations: { type: 'string', default: '10000' },
    followers: { type: 'string', default: '100' },
    changes: { type: 'string', default: '200' },
    slices: { type: 'string', default: '12' },
    seconds: { type: 'string', default: '20' },
    idle: { type: 'string', default: '75' },
    only: { type: 'string', default: 'load,lag,processes' },
  },
})
const certificates = Number(values.certificates)
const isWanted = (part: string) => values.only.split(',').includes(part)
const write = (line: string) => process.stdout.write(`${line}  [load ${(loadavg()[0] ?? 0).toFixed(1)}]\n`)
/** The demo answers in chunks, which the load does not read. */
const apiPort = await findFreePort()
const api = createServer((_request, response) => response.end('{"payments":[]}')).listen(apiPort, '127.0.0.1')
const environments = {
  production: { port: 1, upstream: `http://127.0.0.1:${apiPort}` },
  staging: { port: 2 },
}
/** Each follower has a connection that listens, and one that reads. */
const connections = 3 * Number(values.followers) + 100

for (const engine of values.engine.split(',')) {
  const server =
    engine === 'postgres'
      ? await startPostgres(`max_connections=${connections}`, 'shared_buffers=512MB', 'max_wal_size=2GB')
      : undefined
  const folder = mkdtempSync(join(tmpdir(), 'postern-scale-'))
  const preloaded = ['report-memory.ts', 'time-queries.ts'].map(
    (name) => `--import ${join(import.meta.dirname, name)}`,
  )
  const place = await preparePostern({
    program: sources,
    environment: {
      ...(server && { POSTERN_DATABASE_URL: await createPostgresDatabase(server.url) }),
      NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} ${preloaded.join(' ')}`,
      ...{
        POSTERN_BENCH_MEMORY: folder,
        POSTERN_BENCH_QUERIES: join(folder, 'queries'),
        POSTERN_BENCH_SLOW: '20',
      },
    },
    config: { environments, ...(server && { storage: { engine: 'postgres' } }) },
  })
  try {
    write(`${engine}: ${certificates} certificates, ${values.organizations} organizations`)
    await fill(place)
    if (isWanted('load')) measureLoad(place)
    if (isWanted('lag')) await measureLag(place)
    if (isWanted('processes'))
      await measureProcesses(place, write, {
        folder,
        slices: Number(values.slices),
        seconds: Number(values.seconds),
        idleSeconds: Number(values.idle),
      })
  } finally {
    place.remove()
    await server?.stop()
    rmSync(folder, { recursive: true })
  }
}
api.close()

async function fill(place: PosternPlace): Promise<void> {
  // The first start makes the certificate authority.
  await (await place.start('--portal')).end()
  const start = performance.now()
  const database = await openDatabase(place.storage)
  await migrate(database)
  await fillScaleStore(database, { certificates, organizations: Number(values.organizations) }, Date.now())
  await database.close()
  write(`  filled in ${((performance.now() - start) / 1000).toFixed(0)} s`)
}

/** Loads the whole store as a gateway process does, in a process of its own. */
function measureLoad({ storage }: PosternPlace): void {
  for (let round = 0; round < 3; round += 1) {
    const script = join(import.meta.dirname, 'registry-reader.ts')
    const printed = execFileSync(process.execPath, ['--expose-gc', script, JSON.stringify(storage)], {
      encoding: 'utf8',
    })
    const { seconds, bytes, nanoseconds, peakBytes } = JSON.parse(printed)
    write(
      `  registry: loaded in ${seconds.toFixed(2)} s (goal: 10), ${Math.round(bytes / certificates)} B each (goal: 200), ${nanoseconds.toFixed(0)} ns to find one, peak ${Math.round(peakBytes / 1e6)} MB`,
    )
  }
}

/** How soon many gateways know of a change, beside followers that are woken and read nothing else. */
async function measureLag({ storage }: PosternPlace): Promise<void> {
  const size = { count: Number(values.followers), changes: Number(values.changes) }
  write(`  ${size.count} followers in 2 processes, ${size.changes} changes; ms: median, p99, most`)
  const measure = async (
    options: { isBare?: boolean; isLoaded?: boolean },
    work: typeof measureChanges,
  ): Promise<Lags> => {
    const database = await openDatabase(storage)
    const followers = await startFollowers(storage, { ...size, ...options })
    try {
      return await work(database, followers, size)
    } finally {
      await followers.stop()
      await database.close()
    }
  }
  const bare = await measure({ isBare: true }, measureChanges)
  const print = (name: string, { each, last, own, first }: Lags) =>
    write(
      `    ${name.padEnd(36)} each ${describe(each)}   the last of them ${describe(last)}, ${(median(last) / median(bare.last)).toFixed(2)} × of bare   the transaction ${describe(own)}   the first up to ${first.toFixed(0)}`,
    )
  print('bare: reads the latest version', bare)
  print('a change in force (goal: p99 100)', await measure({ isLoaded: true }, measureChanges))
  print('a revocation in force (goal: p99 50)', await measure({}, measureRevocations))
}
