import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { type CertificateStatus, certificateStatuses } from '../contract/certificate.ts'
import type { Received } from '../contract/operation.ts'
import type { operations } from '../contract/operations.ts'
import { endedBefore } from '../shapes/moment.ts'
import type { Queries } from '../storage/database.ts'
import { certificatesByOwner, isOfOwners, listGoneOwners } from '../storage/gone-owners.ts'
import { createPaging, cursorParts } from '../storage/page.ts'
import { holdsText } from './find-matching-store.ts'
import { type ListedRow, type Placed, searchList } from './search-list-store.ts'

/** The filter and the order of a list of certificates, as the contract has them. */
export type ListQuery = Received<(typeof operations)['listCertificates']>['query']
type Direction = 'asc' | 'desc'
type Condition = RawBuilder<SqlBool>

/** Stands for "never expires" in the order by expiry; later than any certificate. */
const never = sql.lit(9_007_199_254_740_991)

/** The sort keys of each order, spelled as their indexes; a certificate without that time comes last or never was used. */
const orders = {
  created: { key: sql<number>`created_at`, direction: 'desc' },
  name: { key: sql<number>`number`, direction: 'asc' },
  expires: { key: sql<number>`coalesce(not_after, ${never})`, direction: 'asc' },
  last_used: { key: sql<number>`coalesce(last_used_at, -1)`, direction: 'desc' },
} as const

/** The status as the indexes of lists have it: a certificate may have expired a moment ago that is not `lapsed` yet. */
export const shownStatus = sql<CertificateStatus>`case when lapsed = 1 and status = 'issued' then 'expired' else status end`

/** Each order has its own cursors: a cursor of one is invalid in another. */
export const paging = {
  created: createPaging('certificates by created', [cursorParts.number, cursorParts.name]),
  name: createPaging('certificates by name', [cursorParts.smallNumber, cursorParts.name]),
  expires: createPaging('certificates by expires', [cursorParts.number, cursorParts.name]),
  last_used: createPaging('certificates by last_used', [cursorParts.number, cursorParts.name]),
}

/** The order of a page, and what it begins after. */
interface Order {
  key: RawBuilder<number>
  by: RawBuilder<unknown>
  /** The same, of the rows of the page. */
  ofPage: RawBuilder<unknown>
  most: number
}

/**
 * Returns the query of one page of the certificates of an organization, and one row more. Each environment and status
 * is a part of an index in the order of the list: a page reads the beginning of each part, and no more.
 */
export async function selectCertificates(
  queries: Queries,
  organizationId: string,
  query: ListQuery,
  now: number,
): Promise<RawBuilder<ListedRow>> {
  const { cursor, limit, sort, status, ...filter } = query
  const { key, direction: usual } = orders[sort]
  const direction: Direction = filter.order ?? usual
  const from = paging[sort].findPosition(cursor, { ...filter, status })
  const conditions = listConditions(filter)
  if (from !== undefined) conditions.push(isBeyond(key, direction, from))
  const by = sql.raw(`position ${direction}, id ${direction}`)
  const ofPage = sql.raw(`page.position ${direction}, page.id ${direction}`)
  const order = { key, by, ofPage, most: limit + 1 }
  const ofOrganization = sql<SqlBool>`organization_id = ${organizationId}`
  const text = filter.text?.trim() ?? ''
  const holding = text === '' ? [] : [holdsText('search_text', text)]
  const among = (from: RawBuilder<unknown>) => {
    const chosen = [ofOrganization, ...conditions, ...holding]
    if (filter.environment !== undefined) chosen.push(sql`environment = ${filter.environment}`)
    if (status !== undefined) chosen.push(anyOf(status.map((one) => hasStatus(one, now))))
    return selectPage(selectAmong(from, chosen, order), order)
  }
  if (filter.owner === 'gone') {
    const owners = await listGoneOwners(queries, organizationId)
    conditions.push(isOfOwners(queries, owners))
    return among(certificatesByOwner(queries))
  }
  // The number in the name is unique in an organization, and the key in the store; both are indexed.
  if (filter.name !== undefined || filter.publicKeySha256 !== undefined) return among(sql`certificates`)
  const environments =
    filter.environment === undefined ? await listEnvironments(queries, organizationId) : [filter.environment]
  const parts = environments.flatMap((environment) =>
    listParts(status, now).map((part) => ({
      ...part,
      conditions: [
        ofOrganization,
        sql<SqlBool>`environment = ${environment}`,
        ...part.conditions,
        ...conditions,
      ],
    })),
  )
  if (text === '') return selectPage(selectParts(parts, order), order)
  const held = parts.map((part) => ({ ...part, conditions: [...part.conditions, ...holding] }))
  return searchList(queries, organizationId, text, {
    most: order.most,
    beginning: (most) => selectParts(parts, { ...order, most }),
    among,
    whole: () => selectPage(selectParts(held, order), order),
  })
}

const selectAmong = (from: RawBuilder<unknown>, conditions: readonly Condition[], { key, by, most }: Order) =>
  sql<Placed>`select id, ${key} as position from ${from}
    where ${sql.join(conditions, sql` and `)} order by ${by} limit ${most}`

/** The certificates of one status, or those on the way to another one. */
interface Part {
  conditions: Condition[]
  /** Whether it has few rows, which are found without the order of the list. */
  isSmall: boolean
}

/** Returns the parts that hold each certificate of these statuses once; every certificate where none is given. */
function listParts(chosen: readonly CertificateStatus[] | undefined, now: number): Part[] {
  const statuses = new Set(chosen ?? certificateStatuses)
  const isShown = (status: CertificateStatus) => sql<SqlBool>`${shownStatus} = ${status}`
  const whole = (status: CertificateStatus): Part => ({ conditions: [isShown(status)], isSmall: false })
  const isOne = statuses.has('issued') !== statuses.has('expired')
  return [...statuses].flatMap((status) => {
    if (!isOne || !(status === 'issued' || status === 'expired')) return [whole(status)]
    const other = status === 'issued' ? 'expired' : 'issued'
    const end = endedBefore(now)
    const side = sql.raw(status === 'issued' ? '>' : '<=')
    // A condition that the index by expiry does not serve, since most rows meet it, and one that it serves.
    const usual = sql<SqlBool>`not_after ${side} ${end}`
    const rare = sql<SqlBool>`${orders.expires.key} ${side} ${end}`
    return [
      { conditions: [isShown(status), usual], isSmall: false },
      { conditions: [isShown(other), rare], isSmall: true },
    ]
  })
}

/** Reads the beginning of each part. */
function selectParts(parts: readonly Part[], { key, by, most }: Order): RawBuilder<Placed> {
  const selects = parts.map(({ conditions, isSmall }) => {
    const some = sql`select id, ${key} as position from certificates where ${sql.join(conditions, sql` and `)}`
    // SQLite takes no order and limit in a part of a union, except in a query of its own.
    return isSmall ? some : sql`select id, position from (${some} order by ${by} limit ${most}) as part`
  })
  const none = sql`select id, ${key} as position from certificates where 1 = 0`
  return sql`select id, position from (${sql.join(selects.length > 0 ? selects : [none], sql` union all `)}) as parts
    order by ${by} limit ${most}`
}

/** Reads the rows that the page shows. */
const selectPage = (placed: RawBuilder<Placed>, { ofPage }: Order) =>
  sql<ListedRow>`select certificates.*, page.position from (${placed}) as page
    join certificates on certificates.id = page.id order by ${ofPage}`

async function listEnvironments(queries: Queries, organizationId: string): Promise<string[]> {
  const rows = await queries
    .selectFrom('certificate_counts')
    .select('environment')
    .distinct()
    .where('organization_id', '=', organizationId)
    .execute()
  return rows.map(({ environment }) => environment)
}

const isBeyond = (key: RawBuilder<number>, direction: Direction, [position, id]: [number, string]) =>
  sql<SqlBool>`(${key}, id) ${direction === 'asc' ? sql`>` : sql`<`} (${position}, ${id})`

const anyOf = (conditions: readonly Condition[]) => sql<SqlBool>`(${sql.join(conditions, sql` or `)})`

type Filter = Pick<ListQuery, 'name' | 'from' | 'to' | 'expiresBefore' | 'publicKeySha256'>

function listConditions({ name, from, to, expiresBefore, publicKeySha256 }: Filter): Condition[] {
  const conditions: Condition[] = []
  if (name !== undefined) conditions.push(isNamed(name))
  if (from !== undefined) conditions.push(sql`created_at >= ${Date.parse(from)}`)
  if (to !== undefined) conditions.push(sql`created_at < ${Date.parse(to)}`)
  if (publicKeySha256 !== undefined) conditions.push(sql`spki_sha256 = ${publicKeySha256}`)
  if (expiresBefore !== undefined) conditions.push(sql`${orders.expires.key} < ${Date.parse(expiresBefore)}`)
  return conditions
}

const largestNumber = 2 ** 31 - 1

function isNamed(name: string): Condition {
  const number = Number(/-(\d{4,10})$/.exec(name)?.[1] ?? Number.NaN)
  return number <= largestNumber ? sql`number = ${number} and name = ${name}` : sql`1 = 0`
}

function hasStatus(status: CertificateStatus, now: number): Condition {
  const end = endedBefore(now)
  if (status === 'expired') return sql`(status = 'issued' and not_after <= ${end})`
  if (status === 'issued') return sql`(status = 'issued' and not_after > ${end})`
  return sql`status = ${status}`
}
