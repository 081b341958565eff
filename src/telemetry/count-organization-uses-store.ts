import type { OrganizationUsage } from '../contract/usage-batch.ts'
import type { Tx } from '../storage/database.ts'
import { grains } from './count-uses-store.ts'
import { sumRows } from './sum-rows.ts'

const rowsPerStatement = 100

const counts = [
  'handshakes',
  'ok',
  'redirects',
  'client_errors',
  'server_errors',
  'refusals',
  'unproven',
] as const

/** Adds a batch's counts of the use of organizations. */
export async function countOrganizationUses(tx: Tx, usages: readonly OrganizationUsage[]): Promise<void> {
  const rows = grains.flatMap(([grain, milliseconds]) => sumUp(usages, grain, milliseconds))
  for (let start = 0; start < rows.length; start += rowsPerStatement)
    await tx
      .insertInto('organization_usage')
      .values(rows.slice(start, start + rowsPerStatement))
      .onConflict((conflict) =>
        conflict.columns(['organization_id', 'environment', 'grain', 'start']).doUpdateSet((e) => ({
          handshakes: e('organization_usage.handshakes', '+', e.ref('excluded.handshakes')),
          ok: e('organization_usage.ok', '+', e.ref('excluded.ok')),
          redirects: e('organization_usage.redirects', '+', e.ref('excluded.redirects')),
          client_errors: e('organization_usage.client_errors', '+', e.ref('excluded.client_errors')),
          server_errors: e('organization_usage.server_errors', '+', e.ref('excluded.server_errors')),
          refusals: e('organization_usage.refusals', '+', e.ref('excluded.refusals')),
          unproven: e('organization_usage.unproven', '+', e.ref('excluded.unproven')),
        })),
      )
      .execute()
}

/** Returns one row for each span, in an order that is the same everywhere, which prevents deadlocks. */
function sumUp(usages: readonly OrganizationUsage[], grain: string, milliseconds: number) {
  const rows = usages.map((usage) => toRow(usage, grain, usage.minute - (usage.minute % milliseconds)))
  const sums = sumRows(rows, (row) => `${row.organization_id} ${row.environment} ${row.start}`, counts)
  return [...sums].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
}

const toRow = (usage: OrganizationUsage, grain: string, start: number) => ({
  ...{ organization_id: usage.organizationId, environment: usage.environment, grain, start },
  ...{ handshakes: usage.handshakes, ok: usage.ok, redirects: usage.redirects },
  ...{ client_errors: usage.clientErrors, server_errors: usage.serverErrors },
  ...{ refusals: usage.refusals, unproven: usage.unproven },
})
