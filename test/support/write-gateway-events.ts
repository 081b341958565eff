import type { Database } from '../../src/storage/database.ts'
import { newId } from '../../src/storage/id.ts'
import { countDenials } from '../../src/telemetry/count-denials-store.ts'
import { saveGatewayStatus } from '../../src/telemetry/save-gateway-status-store.ts'
import { insertRecords } from '../../src/telemetry/write-activity-store.ts'
import { activityRecord, emptyBatch, gatewayStatus } from './usage-batches.ts'

const call = { outcome: 'refused', status: 403, environment: 'production', presented: null } as const

/** Stores what a gateway reports of two denied calls: one with a certificate, and one without. */
export async function writeGatewayEvents(
  database: Database,
  organization: string,
  certificateId: string,
): Promise<void> {
  const { id: organizationId } = await database.queries
    .selectFrom('organizations')
    .select('id')
    .where('slug', '=', organization)
    .executeTakeFirstOrThrow()
  const at = Date.now()
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  const revoked = { ...call, at, traceId, code: 'certificate_revoked', organizationId } as const
  const missing = { ...call, at, traceId, code: 'certificate_missing', organizationId: null } as const
  const counted = { environment: 'production', hour: at - (at % 3_600_000), lastAt: at, unproven: 0 }
  const batch = emptyBatch(1, {
    gateway: { ...gatewayStatus, id: newId('gateway', at), startedAt: at, seenAt: at },
    records: [
      activityRecord(newId('activity', at), {
        ...{ ...revoked, certificateId, proven: true },
        explanation: 'This certificate was revoked. Create a new one in the portal.',
      }),
      activityRecord(newId('activity', at), {
        ...{ ...missing, certificateId: null, proven: false },
        explanation: 'No client certificate was presented.',
      }),
    ],
    refusals: [
      { ...counted, organizationId, code: revoked.code, count: 3 },
      { ...counted, organizationId: null, code: missing.code, count: 5 },
    ],
  })
  await database.transaction(async (tx) => {
    await insertRecords(tx, batch.records)
    await countDenials(tx, batch.refusals)
    await saveGatewayStatus(tx, batch, at)
  })
}
