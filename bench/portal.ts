import { spawnSync } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { openDatabase } from '../src/storage/database.ts'
import { migrate } from '../src/storage/migrate.ts'
import { signInFirst } from '../test/support/api.ts'
import { type PosternPlace, preparePostern, sources } from '../test/support/postern.ts'
import { createPostgresDatabase, startPostgres } from '../test/support/postgres.ts'
import { signIn } from '../test/support/users.ts'
import { bigSlug, fillPortalStore, smallSlug } from './fill-portal-store.ts'
import { median } from './server-time.ts'

/**
 * Measures the lists of a portal with a large store, beside the same lists of an organization with 50 certificates in
 * the same store: one request after another, and how long another request of the process waits meanwhile.
 */
const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'sqlite,postgres' },
    certificates: { type: 'string', default: '100000' },
    organizations: { type: 'string', default: '10000' },
    activity: { type: 'string', default: '1000000' },
    audit: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '21' },
    only: { type: 'string', default: '' },
  },
})
const size = {
  certificates: Number(values.certificates),
  organizations: Number(values.organizations),
  activity: Number(values.activity),
  audit: Number(values.audit),
}
const rounds = Number(values.rounds)
const operator = 'operator@postern.example'
const now = Date.now()
let asked = 0
/** Milliseconds waited for the next minute, since an account has 1,200 requests in one; they are not measured. */
let paused = 0

const list = (query: string) => (slug: string) => `/organizations/${slug}/certificates?${query}`
const use = (query: string) => (slug: string) => `/organizations/${slug}/certificate-use?${query}`
const production = 'environment=production'
const sorts = ['created', 'name', 'expires', 'last_used'].flatMap((sort) =>
  ['asc', 'desc'].map((order): [string, Read] => [
    `sort by ${sort}, ${order}`,
    list(`${production}&sort=${sort}&order=${order}`),
  ]),
)
const statuses = ['draft', 'pending', 'issued', 'expired', 'revoked', 'rejected', 'cancelled']
const fingerprints: Record<string, string> = {}
const searches = {
  'part of a name': () => '-0012',
  'a whole name': (slug: string) => `${slug}-0042`,
  'a fingerprint': (slug: string) => fingerprints[slug] ?? '',
  'the start of a fingerprint': (slug: string) => (fingerprints[slug] ?? '').slice(0, 6),
  'three hex digits': () => 'a1f',
  'a frequent word': () => 'payments',
  'a word of the oldest': () => 'legacy',
  'a word in Polish': () => 'zażółć',
  'one letter': () => 'ł',
  'two letters that none has': () => 'qx',
  'what none has': () => 'nothing holds this',
}

/** Gives the path of a request for an organization; an operator's own list is the same for both. */
type Read = (slug: string) => string

const reads: [string, Read][] = [
  ['first page', list(production)],
  ['next page', list(`${production}&cursor=NEXT`)],
  ['all environments', list('')],
  ...sorts,
  ['all environments by last use', list('sort=last_used')],
  ...statuses.map((status): [string, Read] => [`status ${status}`, list(`${production}&status=${status}`)]),
  ['status expired by expiry', list(`${production}&status=expired&sort=expires`)],
  ['status expired, oldest', list(`${production}&status=expired&order=asc`)],
  ['status draft and pending', list(`${production}&status=draft,pending`)],
  ...Object.entries(searches).map(([name, text]): [string, Read] => [
    `search: ${name}`,
    (slug) => list(`${production}&text=${encodeURIComponent(text(slug))}`)(slug),
  ]),
  ['search by last use', list(`${production}&text=payments&sort=last_used`)],
  ['search expired', list(`${production}&text=refunds&status=expired`)],
  ['use of a page', use(production)],
  ['use by last use', use(`${production}&sort=last_used`)],
  ['usage', (slug) => `/organizations/${slug}/environments/production/usage?range=day`],
  ['organization', (slug) => `/organizations/${slug}`],
  ['credentials', (slug) => `/organizations/${slug}/credentials?${production}`],
  ['activity', (slug) => `/organizations/${slug}/activity`],
  ['denied activity', (slug) => `/organizations/${slug}/activity?outcome=denied&${production}`],
  ['denials', (slug) => `/organizations/${slug}/environments/production/denials`],
  ['denials by code', (slug) => `/organizations/${slug}/environments/production/denials?code=token_invalid`],
  ['counts of denials', (slug) => `/organizations/${slug}/environments/production/denials/counts?range=day`],
  ['all denials', () => '/denials'],
  ['all denials of an organization', (slug) => `/denials?organization=${slug}`],
  ['all denials by code', () => '/denials?code=token_invalid'],
  ['counts of all denials', () => '/denials/counts?range=day'],
  ['counts of all denials, month', () => '/denials/counts?range=month'],
  ['certificate authorities', () => '/certificate-authorities'],
  ['organizations', () => '/organizations'],
  ['organizations by text', () => '/organizations?text=99'],
  ['organizations by a text none has', () => '/organizations?text=nothing'],
  ['approvals', () => '/approvals'],
  ['audit', () => '/audit'],
  ['audit of an organization', (slug) => `/audit?organization=${slug}`],
  ['audit by type', () => '/audit?type=certificate.revoked'],
  ['audit of an organization by type', (slug) => `/audit?organization=${slug}&type=certificate.revoked`],
  ['audit by user', () => '/audit?actor=user7@customer.example'],
  ['audit of an organization by user', (slug) => `/audit?organization=${slug}&actor=user7@customer.example`],
  ['audit by subject', (slug) => `/audit?subjectId=cert_${slug.padEnd(26, '0').slice(0, 25)}7`],
]

const pin = (core: string, processId: number) => spawnSync('taskset', ['-acp', core, String(processId)])

for (const engine of values.engine.split(',')) {
  const server = engine === 'postgres' ? await startPostgres() : undefined
  const environment = server ? { POSTERN_DATABASE_URL: await createPostgresDatabase(server.url) } : {}
  const place = await preparePostern({
    only: 'portal',
    program: sources,
    environment,
    config: { portal: { trustedProxies: ['127.0.0.1'] }, ...(server && { storage: { engine: 'postgres' } }) },
  })
  try {
    await measureEngine(engine, place)
  } finally {
    place.remove()
    await server?.stop()
  }
}

async function measureEngine(engine: string, place: PosternPlace): Promise<void> {
  const first = await place.start()
  await signInFirst(first, operator)
  await first.end()
  const started = performance.now()
  const database = await openDatabase(place.storage)
  await migrate(database)
  await fillPortalStore(database, size, now)
  for (const slug of [bigSlug, smallSlug]) {
    const id = `cert_${slug.padEnd(26, '0').slice(0, 24)}40`
    const row = await database.queries
      .selectFrom('certificates')
      .select('fingerprint_sha256')
      .where('id', '=', id)
      .executeTakeFirst()
    fingerprints[slug] = row?.fingerprint_sha256 ?? ''
  }
  await database.close()
  process.stdout.write(
    `${engine}: ${size.certificates} certificates, ${size.organizations} organizations, ${size.activity} events, filled in ${((performance.now() - started) / 1000).toFixed(0)} s\n`,
  )
  const postern = await place.start()
  const [portalProcess] = postern.findProcesses('portal-process')
  pin('0', portalProcess ?? 0)
  pin('1', process.pid)
  try {
    await wait(2000)
    const { cookie } = await signIn(postern, operator)
    const ask = async (path: string): Promise<{ nextCursor?: string | null }> => {
      const answer = await fetch(`${postern.portalUrl}/api/v1${path}`, { headers: fromAnyAddress(cookie()) })
      const body = await answer.text()
      if (answer.status === 429) {
        const start = performance.now()
        await wait(1000 * Number(answer.headers.get('retry-after') ?? 60) + 500)
        paused += performance.now() - start
        return ask(path)
      }
      if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${body.slice(0, 300)}`)
      return JSON.parse(body)
    }
    const other = () => time(() => ask('/session'))
    for (let warm = 0; warm < 50; warm += 1) await other()
    const alone = []
    for (let round = 0; round < 200; round += 1) alone.push(await other())
    process.stdout.write(
      `  another request alone: median ${ms(median(alone))} ms, p99 ${ms(at(alone, 0.99))} ms\n` +
        `  ${'request'.padEnd(34)} ${['median', 'least', 'p95', 'small', 'ratio', 'other p99', 'max'].map((t) => t.padStart(9)).join('')}\n`,
    )
    for (const [name, read] of reads) {
      if (!name.includes(values.only)) continue
      const paths = await Promise.all(
        [bigSlug, smallSlug].map(async (slug) => {
          const cursor = (await ask(list(`${production}&limit=20`)(slug))).nextCursor ?? ''
          const path = read(slug).replace('NEXT', cursor).replace('&cursor=', '&limit=20&cursor=')
          return path
        }),
      )
      const [big = '', small = ''] = paths
      for (let warm = 0; warm < 3; warm += 1) for (const path of paths) await ask(path)
      const times: [number[], number[]] = [[], []]
      for (let round = 0; round < rounds; round += 1) {
        times[0].push(await time(() => ask(big)))
        times[1].push(await time(() => ask(small)))
      }
      // Meanwhile one other request after the other; each would wait for a query in its own turn of the event loop.
      let isRunning = true
      const asking = (async () => {
        for (let round = 0; round < Math.min(rounds, 10); round += 1) await ask(big)
        isRunning = false
      })()
      const delays: number[] = []
      while (isRunning) {
        delays.push(await other())
        await wait(1)
      }
      await asking
      const numbers = [
        median(times[0]),
        Math.min(...times[0]),
        at(times[0], 0.95),
        median(times[1]),
        median(times[0]) / median(times[1]),
        at(delays, 0.99),
        Math.max(...delays),
      ]
      process.stdout.write(`  ${name.padEnd(34)} ${numbers.map((one) => ms(one).padStart(9)).join('')}\n`)
    }
  } catch (error) {
    process.stderr.write(postern.output())
    throw error
  } finally {
    await postern.end()
  }
}

/** Each request comes from another address, since requests of one are limited. */
function fromAnyAddress(cookie: string): Record<string, string> {
  asked += 1
  return { cookie, 'x-forwarded-for': `10.${(asked >> 16) & 255}.${(asked >> 8) & 255}.${asked & 255}` }
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const [start, before] = [performance.now(), paused]
  await work()
  return Math.max(0, performance.now() - start - (paused - before))
}

function at(numbers: readonly number[], share: number): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length * share)] ?? Number.NaN
}

function ms(milliseconds: number): string {
  return milliseconds.toFixed(1)
}
