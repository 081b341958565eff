import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { CertificateStatus } from '../contract/certificate.ts'
import type { Received } from '../contract/operation.ts'
import type { operations } from '../contract/operations.ts'
import { endedBefore } from '../shapes/moment.ts'
import type { Database, Queries } from '../storage/database.ts'
import { createPaging, cursorParts, type Page } from '../storage/page.ts'
import { selectMerged } from '../storage/select-merged.ts'
import type { Certificate } from './certificate.ts'
import { toCertificate } from './certificate-row-store.ts'

/** The filter and the order of a list of certificates, as the contract has them. */
export type ListQuery = Received<(typeof operations)['listCertificates']>['query']
type Direction = 'asc' | 'desc'

const hour = 3_600_000
const hoursShown = 24
/** Stands for "never expires" in the order by expiry; later than any certificate. */
const never = 9_007_199_254_740_991

/** The sort keys of each order; certificates without that time come last in its own direction. */
const orders = {
  created: { key: sql<number>`created_at`, direction: 'desc' },
  name: { key: sql<number>`number`, direction: 'asc' },
  expires: { key: sql<number>`coalesce(not_after, ${sql.lit(never)})`, direction: 'asc' },
  last_used: { key: sql<number>`coalesce(last_used_at, -1)`, direction: 'desc' },
} as const

/** Each order has its own cursors: a cursor of one is invalid in another. */
const paging = {
  created: createPaging('certificates by created', [cursorParts.number, cursorParts.name]),
  name: createPaging('certificates by name', [cursorParts.smallNumber, cursorParts.name]),
  expires: createPaging('certificates by expires', [cursorParts.number, cursorParts.name]),
  last_used: createPaging('certificates by last_used', [cursorParts.number, cursorParts.name]),
}

/** Returns the query of one page of the certificates of an organization, and one row more. */
export function selectCertificates(queries: Queries, organizationId: string, query: ListQuery, now: number) {
  const { cursor, limit, sort, status, ...filter } = query
  const { key, direction: usual } = orders[sort]
  const direction: Direction = filter.order ?? usual
  const from = paging[sort].findPosition(cursor, { ...filter, status })
  const conditions = [
    ...listConditions(filter),
    ...(from === undefined ? [] : [isBeyond(key, direction, from)]),
  ]
  const select = () => queries.selectFrom('certificates').selectAll().select(key.as('position'))
  const inOrder = (all: ReturnType<typeof select>, by: Expression<number>) =>
    all
      .orderBy(by, direction)
      .orderBy('id', direction)
      .limit(limit + 1)
  const branch = (more: readonly RawBuilder<SqlBool>[]) =>
    [...conditions, ...more].reduce(
      (all, condition) => all.where(condition),
      inOrder(select().where('organization_id', '=', organizationId), key),
    )
  const [first, ...others] = [...new Set(status ?? [])].map((one) => branch([hasStatus(one, now)]))
  if (first === undefined) return branch([])
  return selectMerged(queries, [first, ...others], (all) => inOrder(all, sql`position`))
}

const isBeyond = (key: RawBuilder<number>, direction: Direction, [position, id]: [number, string]) =>
  sql<SqlBool>`(${key}, id) ${direction === 'asc' ? sql`>` : sql`<`} (${position}, ${id})`

type Filter = Omit<ListQuery, 'cursor' | 'limit' | 'sort' | 'status'>

function listConditions({ environment, name, text = '', from, to, expiresBefore, publicKeySha256 }: Filter) {
  const conditions: RawBuilder<SqlBool>[] = []
  if (environment !== undefined) conditions.push(sql`environment = ${environment}`)
  if (name !== undefined) conditions.push(isNamed(name))
  if (from !== undefined) conditions.push(sql`created_at >= ${Date.parse(from)}`)
  if (to !== undefined) conditions.push(sql`created_at < ${Date.parse(to)}`)
  if (publicKeySha256 !== undefined) conditions.push(sql`spki_sha256 = ${publicKeySha256}`)
  if (expiresBefore !== undefined) conditions.push(sql`${orders.expires.key} < ${Date.parse(expiresBefore)}`)
  if (text.trim() !== '') conditions.push(holdsText(text))
  return conditions
}

const largestNumber = 2 ** 31 - 1

/** The number in the name is unique in an organization, and indexed. */
function isNamed(name: string) {
  const number = Number(/-(\d{4,10})$/.exec(name)?.[1] ?? Number.NaN)
  return number <= largestNumber ? sql<SqlBool>`number = ${number} and name = ${name}` : sql<SqlBool>`1 = 0`
}

/** Creates the store of certificate lists and their usage. */
export function createCertificateListStore({ aside: queries }: Database) {
  return {
    /** Lists certificates of an organization, one page at a time. */
    async list(organizationId: string, query: ListQuery, now: number): Promise<Page<Certificate>> {
      const { cursor: _, limit, sort, ...filter } = query
      const rows = await selectCertificates(queries, organizationId, query, now).execute()
      const position = (row: (typeof rows)[number]): [number, string] => [row.position, row.id]
      return paging[sort].toPage(rows, { limit, filter }, position, toCertificate)
    },

    /** Returns the calls in each of the last 24 hours, oldest first, of each certificate with any. */
    async readCallsByHour(certificateIds: string[], now: number): Promise<Map<string, number[]>> {
      const counts = new Map<string, number[]>()
      if (certificateIds.length === 0) return counts
      const first = Math.floor(now / hour) * hour - (hoursShown - 1) * hour
      const rows = await queries
        .selectFrom('usage')
        .select([
          'certificate_id',
          'start',
          sql<number>`ok + redirects + client_errors + server_errors`.as('calls'),
        ])
        .where('certificate_id', 'in', certificateIds)
        .where('grain', '=', 'hour')
        .where('start', '>=', first)
        .where('start', '<=', now)
        .execute()
      for (const row of rows) {
        const calls = counts.get(row.certificate_id) ?? noCalls()
        calls[(row.start - first) / hour] = Number(row.calls)
        counts.set(row.certificate_id, calls)
      }
      return counts
    },
  }
}

export type CertificateListStore = ReturnType<typeof createCertificateListStore>

/** Returns the calls by hour of a certificate without calls. */
export const noCalls = (): number[] => Array<number>(hoursShown).fill(0)

function hasStatus(status: CertificateStatus, now: number) {
  const end = endedBefore(now)
  if (status === 'expired') return sql<SqlBool>`status = 'issued' and not_after <= ${end}`
  if (status === 'issued') return sql<SqlBool>`status = 'issued' and not_after > ${end}`
  return sql<SqlBool>`status = ${status}`
}

/**
 * Returns the search condition. Serial numbers and fingerprints are also found with colons, as other programs
 * write them.
 */
function holdsText(text: string) {
  const wanted = text.trim().toLowerCase()
  const plain = /^[0-9a-f]{2}(:[0-9a-f]{2})+$/.test(wanted) ? wanted.replaceAll(':', '') : wanted
  const pattern = `%${plain.replaceAll(/[\\%_]/g, '\\$&')}%`
  return sql<SqlBool>`search_text like ${pattern} escape '\\'`
}
