import { sql } from 'kysely'
import type { Database } from '../storage/database.ts'
import type { Page } from '../storage/page.ts'
import type { Certificate } from './certificate.ts'
import { toCertificate } from './certificate-row-store.ts'
import type { ListedRow } from './search-list-store.ts'
import { type ListQuery, paging, selectCertificates } from './select-certificates-store.ts'

const hour = 3_600_000
const hoursShown = 24

/** Creates the store of certificate lists and their usage. */
export function createCertificateListStore({ aside: queries }: Database) {
  return {
    /** Lists certificates of an organization, one page at a time. */
    async list(organizationId: string, query: ListQuery, now: number): Promise<Page<Certificate>> {
      const { cursor: _, limit, sort, ...filter } = query
      const page = await selectCertificates(queries, organizationId, query, now)
      const { rows } = await page.execute(queries)
      const position = (row: ListedRow): [number, string] => [Number(row.position), row.id]
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
