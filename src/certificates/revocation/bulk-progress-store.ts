import { sql } from 'kysely'
import { recordAudit } from '../../audit/record-audit.ts'
import type { RevocationReason } from '../../pki/status/revocation-reason.ts'
import type { Act } from '../../shapes/act.ts'
import type { Actor } from '../../shapes/actor.ts'
import type { Database, Queries, Tx } from '../../storage/database.ts'
import { quiet } from '../../storage/transact.ts'
import { toCertificate } from '../certificate-row-store.ts'
import type { OwnedCertificate } from '../issuance-store.ts'

/** What the worker knows of a bulk revocation. */
export interface RunningBulk {
  id: string
  reason: RevocationReason
  actor: Actor
}

/** Creates the store of how far bulk revocations are. */
export function createBulkProgressStore(database: Database) {
  const { queries } = database
  return {
    /** Returns a running bulk revocation; undefined if it has ended. */
    async findRunning(id: string): Promise<RunningBulk | undefined> {
      const row = await queries
        .selectFrom('bulk_revocations')
        .select(['reason', 'created_by'])
        .where('id', '=', id)
        .where('state', '=', 'running')
        .executeTakeFirst()
      return row && { id, reason: row.reason, actor: JSON.parse(row.created_by) as Actor }
    },

    /** Lists certificates after the ID `after` whose turn has not come, at most `most`, ordered by ID. */
    async listWaiting(id: string, after: string, most: number): Promise<OwnedCertificate[]> {
      const rows = await queries
        .selectFrom('bulk_revocation_certificates')
        .innerJoin('certificates', 'certificates.id', 'certificate_id')
        .innerJoin('organizations', 'organizations.id', 'certificates.organization_id')
        .selectAll('certificates')
        .select(['organizations.slug', 'organizations.legal_name'])
        .where('bulk_revocation_id', '=', id)
        .where('outcome', 'is', null)
        .where('certificate_id', '>', after)
        .orderBy('certificate_id')
        .limit(most)
        .execute()
      return rows.map((row) => ({
        certificate: toCertificate(row),
        organization: { slug: row.slug, legalName: row.legal_name },
      }))
    },

    /** Writes what a running bulk revocation already says; throws the error of a store that cannot be written. */
    async assertWritable(id: string): Promise<void> {
      const state = 'running'
      await database.transaction(
        (tx) =>
          tx
            .updateTable('bulk_revocations')
            .set({ state })
            .where('id', '=', id)
            .where('state', '=', state)
            .execute(),
        quiet,
      )
    },

    /** Records that a certificate has had its turn, in the transaction that revokes it. */
    settle,

    /** Records that a certificate cannot be revoked any more. */
    async skip(id: string, certificateId: string, now: number): Promise<void> {
      await database.transaction((tx) => settle(tx, { id, certificateId, outcome: 'skipped', now }), quiet)
    },

    /** Ends a bulk revocation: all certificates have had their turn, or it has failed for good. */
    async finish({ id, actor }: RunningBulk, state: 'done' | 'failed', now: number): Promise<void> {
      await database.transaction(async (tx) => {
        const { numUpdatedRows } = await tx
          .updateTable('bulk_revocations')
          .set({ state, finished_at: now })
          .where('id', '=', id)
          .where('state', '=', 'running')
          .executeTakeFirst()
        if (numUpdatedRows === 0n) return
        const { revoked, skipped } = await selectBulk(tx).where('id', '=', id).executeTakeFirstOrThrow()
        const after = { state, revoked: Number(revoked), skipped: Number(skipped) }
        await recordStep(tx, { id, action: 'bulk_revocation.finished', after }, { actor, now })
      })
    },
  }
}

export type BulkProgressStore = ReturnType<typeof createBulkProgressStore>

/** The turn of one certificate of a bulk revocation. */
interface Turn {
  id: string
  certificateId: string
  outcome: 'revoked' | 'skipped'
  now: number
}

async function settle(tx: Tx, { id, certificateId, outcome, now }: Turn): Promise<void> {
  await tx
    .updateTable('bulk_revocation_certificates')
    .set({ outcome, settled_at: now })
    .where('bulk_revocation_id', '=', id)
    .where('certificate_id', '=', certificateId)
    .execute()
}

/** Records in the audit log that a bulk revocation was created or has ended. */
export const recordStep = (
  tx: Tx,
  { id, action, after }: { id: string; action: string; after: Record<string, unknown> },
  { actor, now }: Act,
) =>
  recordAudit(
    tx,
    { actor, action, organizationId: null, subjectKind: 'bulk-revocation', subjectId: id, after },
    now,
  )

/** Selects bulk revocations with the numbers of certificates that have had their turn. */
export const selectBulk = (from: Queries) =>
  from
    .selectFrom('bulk_revocations')
    .selectAll()
    .select((e) => {
      const count = (outcome: 'revoked' | 'skipped') =>
        e
          .selectFrom('bulk_revocation_certificates')
          .select(sql<number>`count(*)`.as('number'))
          .whereRef('bulk_revocation_id', '=', 'bulk_revocations.id')
          .where('outcome', '=', outcome)
      return [count('revoked').as('revoked'), count('skipped').as('skipped')]
    })
