import type { Queries } from './database.ts'

/** Lists which of these certificates are in an environment where calls from new addresses are looked for, in order. */
export async function listMonitored(queries: Queries, certificateIds: readonly string[]): Promise<string[]> {
  if (certificateIds.length === 0) return []
  const rows = await queries
    .selectFrom('certificates')
    .innerJoin('address_monitoring', (join) =>
      join
        .onRef('address_monitoring.organization_id', '=', 'certificates.organization_id')
        .onRef('address_monitoring.environment', '=', 'certificates.environment'),
    )
    .select('certificates.id')
    .where('certificates.id', 'in', certificateIds)
    .orderBy('certificates.id')
    .execute()
  return rows.map(({ id }) => id)
}
