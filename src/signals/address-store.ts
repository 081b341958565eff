import { recordAudit } from '../audit/record-audit.ts'
import type { Act } from '../shapes/act.ts'
import { toActorRef } from '../shapes/actor.ts'
import type { Database, Tx } from '../storage/database.ts'
import { listMonitored } from '../storage/monitored-certificates.ts'
import { quiet } from '../storage/transact.ts'
import type { FoundSignal } from './signal.ts'

const day = 86_400_000
/** Networks of a certificate within this time from its first call, or from the begin of the monitoring, are known. */
const learningMs = 7 * day
const rowsAtOnce = 500

/** An environment of an organization. */
export interface Scope {
  organizationId: string
  environment: string
}

/** Creates the store of the environments in which calls from new addresses are found, and of the networks of certificates. */
export function createAddressStore(database: Database) {
  const { aside, queries } = database

  return {
    /** Returns since when calls from new addresses are found; undefined if they are not. */
    async find({ organizationId, environment }: Scope): Promise<number | undefined> {
      const row = await queries
        .selectFrom('address_monitoring')
        .select('since')
        .where('organization_id', '=', organizationId)
        .where('environment', '=', environment)
        .executeTakeFirst()
      return row?.since
    },

    /** Begins the monitoring or ends it; nothing happens if it is so already. What was stored is deleted at its end. */
    set: (scope: Scope, enabled: boolean, act: Act): Promise<void> =>
      database.transaction(async (tx) => {
        if (!(await (enabled ? begin(tx, scope, act) : end(tx, scope)))) return
        const { organizationId, environment } = scope
        await recordAudit(
          tx,
          {
            ...{ actor: act.actor, action: 'signal.address_monitoring_changed', organizationId },
            ...{ subjectKind: 'organization', subjectId: organizationId },
            before: { environment, enabled: !enabled },
            after: { environment, enabled },
          },
          act.now,
        )
      }),

    /** Returns the networks that no task has looked at, as signals: those after the time of learning. */
    async listNew(): Promise<{ seen: { certificateId: string; network: string }[]; found: FoundSignal[] }> {
      const rows = await aside
        .selectFrom('certificate_networks')
        .innerJoin('certificates', 'certificates.id', 'certificate_id')
        .leftJoin('address_monitoring', (join) =>
          join
            .onRef('address_monitoring.organization_id', '=', 'certificates.organization_id')
            .onRef('address_monitoring.environment', '=', 'certificates.environment'),
        )
        .select(['certificate_id', 'network', 'first_at', 'first_used_at', 'since', 'certificates.status'])
        .select(['certificates.organization_id', 'certificates.environment'])
        .where('is_new', '=', 1)
        .orderBy('certificate_id')
        .orderBy('network')
        .limit(rowsAtOnce)
        .execute()
      return {
        seen: rows.map((row) => ({ certificateId: row.certificate_id, network: row.network })),
        found: rows
          .filter(
            ({ status, since, first_at: at, first_used_at: used }) =>
              status === 'issued' && since !== null && at >= Math.max(since, used ?? at) + learningMs,
          )
          .map((row) => ({
            ...{ kind: 'new_address' as const, subject: `${row.certificate_id} ${row.network}` },
            ...{ organizationId: row.organization_id, environment: row.environment },
            ...{ certificateId: row.certificate_id, credentialId: null, detail: row.network },
          })),
      }
    },

    /** Notes that these networks were looked at. */
    async keepSeen(seen: readonly { certificateId: string; network: string }[]): Promise<void> {
      if (seen.length === 0) return
      await database.transaction(async (tx) => {
        for (const { certificateId, network } of seen)
          await tx
            .updateTable('certificate_networks')
            .set({ is_new: 0 })
            .where('certificate_id', '=', certificateId)
            .where('network', '=', network)
            .execute()
      }, quiet)
    },

    /** Returns which of these certificates are in an environment with monitoring. */
    listMonitored: async (certificateIds: readonly string[]): Promise<ReadonlySet<string>> =>
      new Set(await listMonitored(aside, certificateIds)),
  }
}

export type AddressStore = ReturnType<typeof createAddressStore>

/** Returns whether it was off. */
async function begin(tx: Tx, { organizationId, environment }: Scope, { actor, now }: Act): Promise<boolean> {
  const { numInsertedOrUpdatedRows = 0n } = await tx
    .insertInto('address_monitoring')
    .values({
      ...{ organization_id: organizationId, environment, since: now },
      ...{ updated_by: actor.name, updated_by_ref: toActorRef(actor) },
    })
    .onConflict((conflict) => conflict.columns(['organization_id', 'environment']).doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows > 0n
}

/** Returns whether it was on. */
async function end(tx: Tx, { organizationId, environment }: Scope): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('address_monitoring')
    .where('organization_id', '=', organizationId)
    .where('environment', '=', environment)
    .executeTakeFirst()
  return numDeletedRows > 0n
}
