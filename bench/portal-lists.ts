import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { sql } from 'kysely'
import { createAuthorityStore } from '../src/authority/authority-store.ts'
import { createCertificateListStore } from '../src/certificates/certificate-list-store.ts'
import { markLapsed } from '../src/certificates/keep-lists-store.ts'
import type { ListQuery } from '../src/certificates/select-certificates-store.ts'
import { type Database, openDatabase, type StorageLocation } from '../src/storage/database.ts'
import { migrate } from '../src/storage/migrate.ts'
import { createPostgresDatabase, startPostgres } from '../test/support/postgres.ts'
import { fillPortalStore } from './fill-portal-store.ts'
import { median } from './server-time.ts'

/**
 * Measures pages of a list of certificates in this process, without HTTP, beside a plain scan for the same page: a
 * query of all certificates of the organization with the conditions and the order, by whatever index there is.
 */
const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'sqlite,postgres' },
    certificates: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '11' },
    /** A file or a URL of a store that is filled already, for one engine. */
    store: { type: 'string' },
  },
})
const rounds = Number(values.rounds)
const now = Date.now()
const organization = 'org_big'
const place = { environment: 'production' }
const statuses = ['draft', 'pending', 'issued', 'expired', 'revoked', 'rejected', 'cancelled'] as const
const sorts = ['created', 'name', 'expires', 'last_used'] as const
const keys = {
  created: 'created_at',
  name: 'number',
  expires: 'coalesce(not_after, 9007199254740991)',
  last_used: 'coalesce(last_used_at, -1)',
}
const usual = { created: 'desc', name: 'asc', expires: 'asc', last_used: 'desc' } as const
const texts = {
  'a frequent word': 'payments',
  '`%`': '%',
  'one letter': 'ł',
  'one hex digit': 'e',
  'three hex digits': 'a1f',
  'two hex digits and a line': '-0a',
  'part of a name': '-0012',
  'a word of the oldest 5 %': 'legacy',
  'two letters that none has': 'qx',
  'what none has': 'nothing holds this',
}

type Query = Partial<ListQuery>
const lists: [string, Query][] = [
  ['first page', place],
  ['all environments', {}],
  ...sorts.flatMap((sort) =>
    (['asc', 'desc'] as const).map((order): [string, Query] => [
      `${sort}, ${order}`,
      { ...place, sort, order },
    ]),
  ),
  ...statuses.map((status): [string, Query] => [`status ${status}`, { ...place, status: [status] }]),
  ...Object.entries(texts).map(([name, text]): [string, Query] => [`text: ${name}`, { ...place, text }]),
  ['frequent word by last use', { ...place, text: 'payments', sort: 'last_used' }],
  ['word of the oldest by name, last first', { ...place, text: 'legacy', sort: 'name', order: 'desc' }],
  ['frequent word, expired', { ...place, text: 'payments', status: ['expired'] }],
]

for (const engine of values.engine.split(',')) {
  const server = engine === 'postgres' && !values.store ? await startPostgres() : undefined
  const folder = mkdtempSync(join(tmpdir(), 'postern-lists-'))
  const url = values.store ?? (server && (await createPostgresDatabase(server.url))) ?? ''
  const location: StorageLocation =
    engine === 'postgres'
      ? { engine, url }
      : { engine: 'sqlite', path: values.store ?? join(folder, 'postern.db') }
  const database = await openDatabase(location)
  try {
    if (!values.store) await fill(database)
    await measure(database)
  } finally {
    await database.close()
    await server?.stop()
    rmSync(folder, { recursive: true })
  }
}

async function fill(database: Database): Promise<void> {
  await migrate(database)
  const certificates = Number(values.certificates)
  await fillPortalStore(database, { certificates, organizations: 1000, activity: 1000, audit: 1000 }, now)
}

async function measure(database: Database): Promise<void> {
  const store = createCertificateListStore(database)
  const read = (query: Query) => store.list(organization, { limit: 50, sort: 'created', ...query }, now)
  const print = (name: string, own: number, peer?: number) =>
    process.stdout.write(
      `  ${name.padEnd(40)} ${own.toFixed(1).padStart(8)} ${peer === undefined ? '' : `${peer.toFixed(1).padStart(8)} ${(own / peer).toFixed(2).padStart(6)}`}\n`,
    )
  process.stdout.write(`${database.engine}: median ms of a page, of a plain scan, ratio\n`)
  const before = await time(() => read({ ...place, status: ['expired'] }))
  print('status expired, before the task', before)
  process.stdout.write(`  marked: ${await markLapsed(database, now)}\n`)
  // PostgreSQL does so itself.
  if (database.engine === 'postgres') await sql`vacuum analyze`.execute(database.patient)
  for (const [name, query] of lists) {
    const [page, scanned] = [await read(query), await scan(database, query)]
    if (page.items.map(({ id }) => id).join() !== scanned.slice(0, 50).join())
      throw new Error(`The list differs from the plain scan: ${name}`)
    print(name, await time(() => read(query)), await time(() => scan(database, query)))
  }
  const cursor = (await read(place)).nextCursor ?? undefined
  print('next page', await time(() => read({ ...place, cursor })))
  const authorities = createAuthorityStore(database)
  const issuer = (await authorities.listIds())[0] ?? ''
  print("an authority's counts", await time(() => authorities.readHoldings(issuer, now)))
}

/** Reads the page as a plain query would. */
async function scan(
  { aside, engine }: Database,
  { sort = 'created', order, text, status, environment }: Query,
) {
  const way = sql.raw(order ?? usual[sort])
  const shown = sql`case when status = 'issued' and not_after <= ${now - 999} then 'expired' else status end`
  const conditions = [sql`organization_id || '' = ${organization}`]
  if (environment !== undefined) conditions.push(sql`environment = ${environment}`)
  if (status !== undefined) conditions.push(sql`${shown} in (${sql.join(status)})`)
  if (text !== undefined)
    conditions.push(sql`search_text like ${`%${text.replaceAll('%', '\\%')}%`} escape '\\'`)
  const random = engine === 'sqlite' ? sql.raw('not indexed') : sql``
  const { rows } = await sql<{ id: string }>`select * from certificates ${random}
    where ${sql.join(conditions, sql` and `)} order by ${sql.raw(keys[sort])} ${way}, id ${way} limit 51`.execute(
    aside,
  )
  return rows.map(({ id }) => id)
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now()
    await work()
    times.push(performance.now() - start)
  }
  return median(times)
}
