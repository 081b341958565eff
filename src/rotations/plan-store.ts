import { recordAudit } from '../audit/record-audit.ts'
import { type Actor, systemActor, toActorRef } from '../shapes/actor.ts'
import type { Email } from '../shapes/email.ts'
import { endedBefore, toText } from '../shapes/moment.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { deleteOver } from './delete-over-store.ts'
import type { StoredPlan } from './rotation.ts'
import { hasOtherWorking } from './rotation-store.ts'

/** How many certificates are retired by themselves in one round. */
const perRound = 100

type WriteEmails = (tx: Tx, emails: readonly Email[], now: number) => Promise<void>

/** A certificate whose retirement is due, or may be. */
export interface DuePlan {
  certificateId: string
  organizationId: string
  organizationSlug: string
  environment: string
  plan: StoredPlan
}

interface Owned {
  id: string
  organizationId: string
}

/** Creates the store of how old certificates are to be retired. */
export function createPlanStore(database: Database, writeEmails: WriteEmails) {
  const { queries } = database

  return {
    /** Returns the plans of these certificates. */
    async list(ids: readonly string[]): Promise<Map<string, StoredPlan>> {
      if (ids.length === 0) return new Map()
      const rows = await queries
        .selectFrom('retirement_plans')
        .selectAll()
        .where('certificate_id', 'in', ids)
        .execute()
      return new Map(rows.map((row) => [row.certificate_id, toPlan(row)]))
    },

    /** Sets the plan of a certificate; undefined leaves its retirement to a person. */
    async set(
      { id, organizationId }: Owned,
      plan: Pick<StoredPlan, 'mode' | 'retireAt'> | undefined,
      { actor, now }: { actor: Actor; now: number },
    ): Promise<void> {
      await database.transaction(async (tx) => {
        const before = await findPlan(tx, id)
        if (describe(before) === describe(plan)) return
        if (plan === undefined) await deletePlan(tx, id)
        else await savePlan(tx, id, plan, { actor, now })
        const entry = { actor, organizationId, action: 'certificate.retirement_set' }
        await recordAudit(
          tx,
          {
            ...entry,
            ...{ subjectKind: 'certificate', subjectId: id },
            before: toAudit(before),
            after: toAudit(plan),
          },
          now,
        )
      })
    },

    /** Notes that a retirement is postponed, once, with the emails about it. */
    async postpone(
      { id, organizationId }: Owned,
      { verdict, emails, now }: { verdict: string; emails: readonly Email[]; now: number },
    ): Promise<void> {
      await database.transaction(async (tx) => {
        const plan = await findPlan(tx, id)
        if (plan === undefined || plan.postponedSince !== null) return
        await tx
          .updateTable('retirement_plans')
          .set({ held_since: now })
          .where('certificate_id', '=', id)
          .execute()
        await writeEmails(tx, emails, now)
        await recordAudit(
          tx,
          {
            actor: systemActor('rotation'),
            action: 'certificate.retirement_held',
            organizationId,
            ...{ subjectKind: 'certificate', subjectId: id },
            after: { retireAt: toText(plan.retireAt), verdict },
          },
          now,
        )
      })
    },

    /** Lists valid certificates that are to be retired by themselves, after `after`, in the order of their IDs. */
    async listDue(now: number, after: string): Promise<DuePlan[]> {
      const rows = await queries
        .selectFrom('retirement_plans')
        .innerJoin('certificates', 'certificates.id', 'certificate_id')
        .innerJoin('organizations', 'organizations.id', 'organization_id')
        .selectAll('retirement_plans')
        .select(['organization_id', 'slug', 'environment'])
        .where('certificates.status', '=', 'issued')
        .where('not_after', '>', endedBefore(now))
        .where((e) => e.or([e('retire_at', 'is', null), e('retire_at', '<=', now)]))
        .where('certificate_id', '>', after)
        .orderBy('certificate_id')
        .limit(perRound)
        .execute()
      return rows.map((row) => ({
        certificateId: row.certificate_id,
        organizationId: row.organization_id,
        organizationSlug: row.slug,
        environment: row.environment,
        plan: toPlan(row),
      }))
    },

    /** Deletes the plans of certificates that are not valid any more. */
    deleteOver: (now: number): Promise<void> => deleteOver(queries, 'retirement_plans', now),
  }
}

export type PlanStore = ReturnType<typeof createPlanStore>

/**
 * Ends the rotation of a certificate in the transaction that revokes it. Returns whether another valid certificate of
 * the organization in the environment was accepted: of two revocations at once, the second sees the first.
 */
export async function endRotation(
  tx: Tx,
  certificate: Owned & { environment: string },
  now: number,
): Promise<boolean> {
  await deletePlan(tx, certificate.id)
  return hasOtherWorking(tx, { ...certificate, now })
}

async function findPlan(from: Queries, id: string): Promise<StoredPlan | undefined> {
  const row = await from
    .selectFrom('retirement_plans')
    .selectAll()
    .where('certificate_id', '=', id)
    .executeTakeFirst()
  return row && toPlan(row)
}

async function savePlan(
  tx: Tx,
  id: string,
  { mode, retireAt }: Pick<StoredPlan, 'mode' | 'retireAt'>,
  { actor, now }: { actor: Actor; now: number },
): Promise<void> {
  const row = {
    mode,
    retire_at: retireAt,
    held_since: null,
    updated_at: now,
    updated_by: actor.name,
    updated_by_ref: toActorRef(actor),
  }
  await tx
    .insertInto('retirement_plans')
    .values({ certificate_id: id, ...row })
    .onConflict((conflict) => conflict.column('certificate_id').doUpdateSet(row))
    .execute()
}

const deletePlan = (tx: Tx, id: string) =>
  tx.deleteFrom('retirement_plans').where('certificate_id', '=', id).execute()

interface PlanRow {
  mode: StoredPlan['mode']
  retire_at: number | null
  held_since: number | null
  updated_by: string
  updated_by_ref: string
}

const toPlan = (row: PlanRow): StoredPlan => ({
  mode: row.mode,
  retireAt: row.retire_at,
  postponedSince: row.held_since,
  setBy: { name: row.updated_by, ref: row.updated_by_ref },
})

type Planned = Pick<StoredPlan, 'mode' | 'retireAt'> | undefined

const toAudit = (plan: Planned) => ({
  mode: plan?.mode ?? 'manual',
  retireAt: toText(plan?.retireAt ?? null),
})

const describe = (plan: Planned): string => JSON.stringify(toAudit(plan))
