import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { openDatabase } from '../src/storage/database.ts'
import { migrate } from '../src/storage/migrate.ts'
import { type PosternPlace, preparePostern, type RunningPostern, sources } from '../test/support/postern.ts'
import { createPostgresDatabase, startPostgres } from '../test/support/postgres.ts'
import { crowdSlug, fillPeople, type KnownPeople, type KnownUser } from './fill-people.ts'
import { at, cpuSeconds, median } from './server-time.ts'

/**
 * Measures signing in, the team of an organization, the operators' list of organizations and the check of a role, in a
 * store with many users: over HTTP through a portal process of its own, one request at a time and eight at once. Beside
 * them: the password hash of the same sign-ins, and the session of the same user, which is one row by its key. CPU is
 * the time of the portal process for one request, in ms: it depends less on what else the machine does.
 */
const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'sqlite,postgres' },
    organizations: { type: 'string', default: '10000' },
    users: { type: 'string', default: '100000' },
    crowd: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '200' },
  },
})
const size = {
  organizations: Number(values.organizations),
  users: Number(values.users),
  crowd: Number(values.crowd),
}
const rounds = Number(values.rounds)
/** Users of each kind who are measured. An account has 1,200 requests in a minute. */
const known = 32
const atOnce = [1, 8]
const pin = (core: string, processId: number) => spawnSync('taskset', ['-acp', core, String(processId)])
const ms = (milliseconds: number) => milliseconds.toFixed(1).padStart(9)
let asked = 0
const now = () => performance.timeOrigin + performance.now()

for (const engine of values.engine.split(',')) {
  const server = engine === 'postgres' ? await startPostgres() : undefined
  const folder = mkdtempSync(join(tmpdir(), 'postern-people-'))
  const hashes = join(folder, 'hashes')
  writeFileSync(hashes, '')
  const place = await preparePostern({
    only: 'portal',
    program: sources,
    environment: {
      ...(server && { POSTERN_DATABASE_URL: await createPostgresDatabase(server.url) }),
      NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import ${join(import.meta.dirname, 'time-hashes.ts')}`,
      POSTERN_BENCH_HASHES: hashes,
    },
    config: { portal: { trustedProxies: ['127.0.0.1'] }, ...(server && { storage: { engine: 'postgres' } }) },
  })
  try {
    await measure(engine, place, hashes)
  } finally {
    place.remove()
    await server?.stop()
    rmSync(folder, { recursive: true })
  }
}

async function measure(engine: string, place: PosternPlace, hashes: string): Promise<void> {
  // The first start makes the certificate authority.
  await (await place.start()).end()
  const started = performance.now()
  const database = await openDatabase(place.storage)
  await migrate(database)
  const people = await fillPeople(database, size, known, Date.now())
  await database.close()
  process.stdout.write(
    `${engine}: ${size.users} users in ${size.organizations} organizations, filled in ${((performance.now() - started) / 1000).toFixed(0)} s\n`,
  )
  const postern = await place.start()
  pin('0', postern.findProcesses('portal-process')[0] ?? 0)
  pin('1', process.pid)
  try {
    await wait(3000)
    const sessions = await measureSignIns(postern, people, hashes)
    await measureReads(postern, people, sessions)
  } catch (error) {
    process.stderr.write(postern.output())
    throw error
  } finally {
    await postern.end()
  }
}

/** A sign-in: when it began and ended. */
interface SignIn {
  password: string
  start: number
  end: number
}

/** Measures sign-ins of all known users, and returns their cookies by email. */
async function measureSignIns(
  postern: RunningPostern,
  { crowd, others, operators }: KnownPeople,
  hashes: string,
): Promise<Map<string, string>> {
  const everyone = [...crowd, ...others, ...operators]
  const cookies = new Map<string, string>()
  process.stdout.write(
    `  ${'sign-in'.padEnd(46)} ${['median', 'p95', 'hash p95', 'rest', 'rest p95'].map((t) => t.padStart(9)).join('')}\n`,
  )
  for (const user of everyone.slice(0, 8)) await signIn(postern, user)
  for (const count of atOnce) {
    writeFileSync(hashes, '')
    const signIns: SignIn[] = []
    await inTurns(everyone, count, async (user) => {
      const start = now()
      cookies.set(user.email, await signIn(postern, user))
      signIns.push({ password: user.password, start, end: now() })
    })
    const ran = readFileSync(hashes, 'utf8')
      .trim()
      .split('\n')
      .map((line): SignIn => JSON.parse(line))
    const whole = signIns.map(({ start, end }) => end - start)
    const rest = signIns.map((one) => besidesHashes(one, ran))
    const own = ran.map(({ start, end }) => end - start)
    process.stdout.write(
      `  ${`${count} at once`.padEnd(46)} ${[median(whole), at(whole, 0.95), at(own, 0.95), median(rest), at(rest, 0.95)].map(ms).join('')}\n`,
    )
  }
  return cookies
}

/** Returns the time of a sign-in in which neither its own hash was computed nor those that were before it in the queue. */
function besidesHashes({ password, start, end }: SignIn, hashes: readonly SignIn[]): number {
  const own = hashes.find((hash) => hash.password === password && hash.start >= start && hash.end <= end)
  if (own === undefined) throw new Error(`no hash was computed for ${password}`)
  let [spent, until] = [0, start]
  for (const hash of hashes.toSorted((a, b) => a.start - b.start)) {
    const [from, to] = [Math.max(hash.start, until), Math.min(hash.end, own.end)]
    if (hash.start > own.start || to <= from) continue
    spent += to - from
    until = to
  }
  return end - start - spent
}

async function signIn(postern: RunningPostern, { email, password }: KnownUser): Promise<string> {
  const response = await fetch(`${postern.portalUrl}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': nextAddress() },
    body: JSON.stringify({ email, password }),
  })
  if (response.status !== 200)
    throw new Error(`sign-in answered ${response.status}: ${await response.text()}`)
  await response.arrayBuffer()
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ')
}

type Ask = (path: string) => Promise<{ nextCursor?: string | null }>
interface Read {
  name: string
  users: readonly KnownUser[]
  run(ask: Ask, user: KnownUser): Promise<unknown>
}

function listReads({ crowd, others, operators }: KnownPeople): Read[] {
  const path = (user: KnownUser, rest = '') => `/organizations/${user.slug}${rest}`
  const read = (name: string, users: readonly KnownUser[], to: (user: KnownUser) => string): Read => ({
    ...{ name, users },
    run: (ask, user) => ask(to(user)),
  })
  const page: Read['run'] = (ask, user) =>
    Promise.all([ask(path(user, '/members')), ask(path(user, '/invitations'))])
  const list = (name: string, query: string) => read(name, operators, () => `/organizations${query}`)
  return [
    read('session', others, () => '/session'),
    read('session of an operator', operators, () => '/session'),
    read('role: an organization of the user', others, path),
    read('role: the large organization', crowd, path),
    read('members', others, (user) => path(user, '/members')),
    read('members of the large organization', crowd, (user) => path(user, '/members')),
    read('the same, 200 on a page', crowd, (user) => path(user, '/members?limit=200')),
    read('invitations', others, (user) => path(user, '/invitations')),
    read('invitations of the large organization', crowd, (user) => path(user, '/invitations')),
    { name: 'team page: both', users: others, run: page },
    { name: 'team page of the large organization', users: crowd, run: page },
    list('organizations', ''),
    list('organizations by a frequent text', '?text=99'),
    list('organizations by a name', '?text=Customer%204711'),
    list('organizations by a text none has', '?text=nothing'),
    list('suspended organizations', '?status=suspended'),
    read('what organizations have', operators, () => '/organization-use'),
    read('what the large organization has', operators, () => `/organizations/${crowdSlug}/use`),
  ]
}

async function measureReads(
  postern: RunningPostern,
  people: KnownPeople,
  sessions: ReadonlyMap<string, string>,
): Promise<void> {
  const asking =
    ({ email }: KnownUser): Ask =>
    async (path) => {
      const response = await fetch(`${postern.portalUrl}/api/v1${path}`, {
        headers: { cookie: sessions.get(email) ?? '', 'x-forwarded-for': nextAddress() },
      })
      const body = await response.text()
      if (response.status !== 200)
        throw new Error(`${path} answered ${response.status}: ${body.slice(0, 300)}`)
      return JSON.parse(body)
    }
  const heads = [...atOnce.flatMap((count) => [`${count}: median`, 'p95', 'to peer']), 'CPU']
  const processes = postern.findProcesses('portal-process')
  process.stdout.write(`  ${'request'.padEnd(46)} ${heads.map((head) => head.padStart(10)).join('')}\n`)
  for (const { name, users, run } of listReads(people)) {
    const numbers: string[] = []
    const turns = Array.from({ length: rounds }, (_, round) => users[round % users.length] as KnownUser)
    for (const user of users.slice(0, 8)) await run(asking(user), user)
    for (const count of atOnce) {
      const own: number[] = []
      const peer: number[] = []
      await inTurns(turns, count, async (user) => {
        const ask = asking(user)
        peer.push(await time(() => ask('/session')))
        own.push(await time(() => run(ask, user)))
      })
      numbers.push(ms(median(own)), ms(at(own, 0.95)), (median(own) / median(peer)).toFixed(2).padStart(9))
    }
    const before = cpuSeconds(processes)
    await inTurns(turns, Math.max(...atOnce), async (user) => {
      await run(asking(user), user)
    })
    numbers.push(ms(((cpuSeconds(processes) - before) / rounds) * 1000))
    process.stdout.write(`  ${name.padEnd(46)} ${numbers.map((one) => one.padStart(10)).join('')}\n`)
  }
}

/** Works on every item, on at most `count` at the same time. */
async function inTurns<T>(
  items: readonly T[],
  count: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = [...items]
  const next = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: count }, next))
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

/** Each request comes from another address, since requests of one are limited. */
function nextAddress(): string {
  asked += 1
  return `10.${(asked >> 16) & 255}.${(asked >> 8) & 255}.${asked & 255}`
}
