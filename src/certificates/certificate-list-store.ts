import { type SqlBool, sql } from 'kysely'
import type { CertificateStatus } from '../contract/certificate.ts'
import { endedBefore } from '../shapes/moment.ts'
import type { Database } from '../storage/database.ts'
import { createPaging, cursorParts, type Page } from '../storage/page.ts'
import type { Certificate } from './certificate.ts'
import { toCertificate } from './certificate-row-store.ts'

/** The filter and the order of a list of certificates. */
export interface ListQuery {
  status?: CertificateStatus | undefined
  text?: string | undefined
  sort: 'created' | 'name' | 'expires' | 'last_used'
  cursor?: string | undefined
  limit: number
}

const hour = 3_600_000
const hoursShown = 24
/** Stands for "never expires" in the order by expiry; later than any certificate. */
const never = 9_007_199_254_740_991

/** The sort keys of each order; certificates without that time come last. */
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

/** Creates the store of certificate lists and their usage. */
export function createCertificateListStore({ aside: queries }: Database) {
  return {
    /** Lists certificates of an organization in an environment, one page at a time. */
    async list(
      organizationId: string,
      environment: string,
      { status, text = '', sort, cursor, limit }: ListQuery,
      now: number,
    ): Promise<Page<Certificate>> {
      const { key, direction } = orders[sort]
      let query = queries
        .selectFrom('certificates')
        .selectAll()
        .select(key.as('position'))
        .where('organization_id', '=', organizationId)
        .where('environment', '=', environment)
        .orderBy(key, direction)
        .orderBy('id', direction)
        .limit(limit + 1)
      if (status !== undefined) query = query.where(hasStatus(status, now))
      if (text.trim() !== '') query = query.where(holdsText(text))
      const from = paging[sort].findPosition(cursor)
      if (from !== undefined) {
        const beyond = direction === 'asc' ? sql`>` : sql`<`
        query = query.where(sql<SqlBool>`(${key}, id) ${beyond} (${from[0]}, ${from[1]})`)
      }
      return paging[sort].toPage(await query.execute(), limit, (row) => [row.position, row.id], toCertificate)
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
