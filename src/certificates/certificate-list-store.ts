import { type SqlBool, sql } from 'kysely'
import type { CertificateStatus } from '../contract/certificate.ts'
import { endedBefore } from '../shapes/moment.ts'
import type { Database } from '../storage/database.ts'
import { createPaging, cursorParts, type Page } from '../storage/page.ts'
import type { Certificate } from './certificate.ts'
import { toCertificate } from './certificate-row-store.ts'

/** Which certificates are listed, and in which order. */
export interface ListQuery {
  status?: CertificateStatus | undefined
  text?: string | undefined
  sort: 'created' | 'name' | 'expires' | 'lastUsed'
  cursor?: string | undefined
  limit: number
}

const hour = 3_600_000
const hoursShown = 24
/** Stands for "never ends" in the order by end; later than any certificate. */
const never = 9_007_199_254_740_991

/** What each order goes by; those without a moment come last. */
const orders = {
  created: { key: sql<number>`created_at`, direction: 'desc' },
  name: { key: sql<number>`number`, direction: 'asc' },
  expires: { key: sql<number>`coalesce(not_after, ${sql.lit(never)})`, direction: 'asc' },
  lastUsed: { key: sql<number>`coalesce(last_used_at, -1)`, direction: 'desc' },
} as const

/** Each order is a list of its own: a position in one means nothing in another. */
const paging = {
  created: createPaging('certificates by created', [cursorParts.number, cursorParts.name]),
  name: createPaging('certificates by name', [cursorParts.smallNumber, cursorParts.name]),
  expires: createPaging('certificates by expires', [cursorParts.number, cursorParts.name]),
  lastUsed: createPaging('certificates by lastUsed', [cursorParts.number, cursorParts.name]),
}

/** Lists of certificates, and how much they were used. */
export function createCertificateListStore({ aside: queries }: Database) {
  return {
    /** Certificates of an organization in an environment, a page at a time. */
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

    /** Calls in each of the last 24 hours, oldest first, of each certificate that has any. */
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

/** The calls by hour of a certificate that had none. */
export const noCalls = (): number[] => Array<number>(hoursShown).fill(0)

function hasStatus(status: CertificateStatus, now: number) {
  const end = endedBefore(now)
  if (status === 'expired') return sql<SqlBool>`status = 'issued' and not_after <= ${end}`
  if (status === 'issued') return sql<SqlBool>`status = 'issued' and not_after > ${end}`
  return sql<SqlBool>`status = ${status}`
}

/** Serial numbers and fingerprints are also found as other programs write them, with colons. */
function holdsText(text: string) {
  const wanted = text.trim().toLowerCase()
  const plain = /^[0-9a-f]{2}(:[0-9a-f]{2})+$/.test(wanted) ? wanted.replaceAll(':', '') : wanted
  const pattern = `%${plain.replaceAll(/[\\%_]/g, '\\$&')}%`
  return sql<SqlBool>`search_text like ${pattern} escape '\\'`
}
