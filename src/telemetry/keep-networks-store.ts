import type { UsageFacet } from '../contract/usage-batch.ts'
import type { Queries, Tx } from '../storage/database.ts'
import { listMonitored } from '../storage/monitored-certificates.ts'
import { prepareQuery } from '../storage/prepare-query.ts'

const hour = 3_600_000
const certificatesAtOnce = 200
/** Further networks of a certificate are not kept: from so many, another one says nothing. */
const maxNetworks = 50

/**
 * Keeps the networks from which calls with certificates were accepted, where their organization asks for calls from new
 * addresses. It costs one read of one row where nobody asks.
 */
export async function keepNetworks(tx: Tx, facets: readonly UsageFacet[]): Promise<void> {
  if (facets.length === 0 || (await selectAnyMonitoring(tx, {})).length === 0) return
  const byCertificate = Map.groupBy(facets, ({ certificateId }) => certificateId)
  // The same order everywhere prevents deadlocks between gateways.
  const ids = [...byCertificate.keys()].sort()
  for (let start = 0; start < ids.length; start += certificatesAtOnce) {
    const monitored = await listMonitored(tx, ids.slice(start, start + certificatesAtOnce))
    const known = await listKnown(tx, monitored)
    for (const id of monitored) await keepOf(tx, id, byCertificate.get(id) ?? [], known.get(id) ?? new Map())
  }
}

const selectAnyMonitoring = prepareQuery((queries) =>
  queries.selectFrom('address_monitoring').select('organization_id').limit(1),
)

async function listKnown(
  queries: Queries,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Map<string, number>>> {
  const known = new Map<string, Map<string, number>>()
  if (ids.length === 0) return known
  const rows = await queries
    .selectFrom('certificate_networks')
    .select(['certificate_id', 'network', 'last_at'])
    .where('certificate_id', 'in', ids)
    .execute()
  for (const row of rows) {
    const own = known.get(row.certificate_id) ?? new Map<string, number>()
    known.set(row.certificate_id, own.set(row.network, row.last_at))
  }
  return known
}

async function keepOf(
  tx: Tx,
  certificateId: string,
  facets: readonly UsageFacet[],
  known: Map<string, number>,
): Promise<void> {
  for (const { value: network, lastAt } of facets.toSorted((a, b) => a.lastAt - b.lastAt)) {
    const before = known.get(network)
    if (before === undefined) {
      if (known.size >= maxNetworks) continue
      await tx
        .insertInto('certificate_networks')
        .values({ certificate_id: certificateId, network, first_at: lastAt, last_at: lastAt })
        .onConflict((conflict) => conflict.columns(['certificate_id', 'network']).doNothing())
        .execute()
    } else if (lastAt >= before + hour)
      await tx
        .updateTable('certificate_networks')
        .set({ last_at: lastAt })
        .where('certificate_id', '=', certificateId)
        .where('network', '=', network)
        .execute()
    known.set(network, lastAt)
  }
}
