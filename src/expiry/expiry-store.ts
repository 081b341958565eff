import { sql } from 'kysely'
import type { Queries, Tx } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { aheadMs, type Decision, decide, lettersAfter, type SkipReason } from './expiry-steps.ts'
import { type ExpiryDependencies, findAllRecipients, writeLetters } from './letter-store.ts'
import {
  type DuePlan,
  findReplaced,
  inParts,
  listDuePlans,
  type PlanOwner,
  readSteps,
} from './plan-row-store.ts'
import type { Recipient } from './recipient-roles.ts'
import { findUndeliverableOrganization, redirectLetters } from './redirect-store.ts'

/** How many certificates of an organization one transaction takes; more are told of in a letter of their own. */
const maxPlans = 5000
/** The operators are told of certificates from this many days on. */
const operatorDays = 1

interface Decided extends DuePlan {
  decision: Decision
}

/** Creates the store of what has to be told of the certificates of organizations. */
export function createExpiryStore(dependencies: ExpiryDependencies) {
  const { database } = dependencies
  return {
    /**
     * Looks at plans the next morning, not after the step that they wait for, while a step of them was recorded by a
     * clock ahead of this one: the steps between the two are still to be told of.
     */
    async recoverFromClock(now: number): Promise<void> {
      const { queries } = database
      const morning = lettersAfter(now)
      const ahead = await queries
        .selectFrom('expiry_steps')
        .select('id')
        .where('at', '>', now + aheadMs)
        .limit(1)
        .executeTakeFirst()
      if (ahead === undefined) return
      await queries
        .updateTable('expiry_plans')
        .set({ due_at: morning })
        .where((e) => e.or([e('due_at', 'is', null), e('due_at', '>', morning)]))
        .where((e) =>
          e.exists(
            e
              .selectFrom('expiry_steps')
              .select('expiry_steps.id')
              .whereRef('plan_id', '=', 'expiry_plans.id')
              .whereRef('expiry_steps.not_after', '=', 'expiry_plans.not_after')
              .where('at', '>', now + aheadMs),
          ),
        )
        .execute()
    },

    /** Returns an organization with a plan that is due, the one that has waited longest; none of `except`. */
    async findDueOrganization(now: number, except: readonly string[]): Promise<string | undefined> {
      return (await selectDue(database.queries, now, except).executeTakeFirst())?.organization_id ?? undefined
    },

    /**
     * Records the steps of the certificates of an organization that are due, and queues one letter to each person about
     * all of them, in one transaction. Two portals that do so at once tell once.
     */
    tellOrganization: (organizationId: string, now: number): Promise<void> =>
      database.transaction((tx) => tellOrganization(tx, dependencies, organizationId, now)),

    /** Returns an organization with a letter that does not reach its recipient; none of `except`. */
    findUndeliverable: (now: number, except: readonly string[]): Promise<string | undefined> =>
      findUndeliverableOrganization(database.queries, now, except),

    /** Tells those who come next of what such letters of an organization said, in one transaction. */
    redirect: (organizationId: string, now: number): Promise<void> =>
      database.transaction((tx) => redirectLetters(tx, dependencies, organizationId, now)),
  }
}

/** The organization with the plan that has waited longest; none of `except`. */
export function selectDue(queries: Queries, now: number, except: readonly string[]) {
  const due = queries
    .selectFrom('expiry_plans')
    .select('organization_id')
    .where('due_at', '<=', now)
    .where('organization_id', 'is not', null)
    .orderBy('due_at')
    .limit(1)
  return except.length === 0 ? due : due.where('organization_id', 'not in', except)
}

export type ExpiryStore = ReturnType<typeof createExpiryStore>

async function tellOrganization(
  tx: Tx,
  dependencies: ExpiryDependencies,
  organizationId: string,
  now: number,
): Promise<void> {
  const owner = await tx
    .selectFrom('organizations')
    .select(['slug', 'status'])
    .where('id', '=', organizationId)
    .executeTakeFirstOrThrow()
  const plans = await listDuePlans(tx, organizationId, { now, limit: maxPlans })
  const decided = await decideAll(tx, { organizationId, ...owner }, plans, now)
  const told = decided.flatMap((plan) =>
    plan.decision.told === undefined ? [] : [{ ...plan, told: plan.decision.told }],
  )
  const recipients = await findAllRecipients(tx, dependencies, { organizationId, now }, told)
  await recordDecisions(tx, organizationId, decided, { recipients, now })
  const { portalUrl, label } = dependencies
  await writeLetters(
    tx,
    dependencies,
    { organizationId, slug: owner.slug, portalUrl, label, now },
    { told, recipients },
  )
  await dependencies.announce(
    tx,
    told.map(({ id, environment, notAfter, told: { days } }) => ({
      key: `expiry:${id}:${notAfter}:${days}`,
      type: 'certificate.expiry_step_reached',
      ...{ organizationId, environment, certificateId: id },
      at: now,
      data: { days, notAfter: new Date(notAfter).toISOString() },
    })),
  )
}

/** A certificate that is not valid any more for another reason than its age ends its plan. */
async function decideAll(
  tx: Tx,
  { organizationId, status }: Pick<PlanOwner, 'status'> & { organizationId: string },
  plans: readonly DuePlan[],
  now: number,
): Promise<Decided[]> {
  const recorded = await readSteps(tx, plans, now)
  const replaced = await findReplaced(tx, organizationId, plans, now)
  const silenceOf = ({ id }: DuePlan): SkipReason | undefined =>
    status === 'active' ? (replaced.has(id) ? 'replaced' : undefined) : 'organization_not_active'
  return plans.map((plan) => ({
    ...plan,
    decision: plan.isIssued
      ? decide({ ...plan, kind: 'certificate' }, recorded.get(plan.id) ?? new Map(), now, silenceOf(plan))
      : { told: undefined, skipped: [], dueAt: null },
  }))
}

/** Records the steps, and when to look at each plan again. */
async function recordDecisions(
  tx: Tx,
  organizationId: string,
  decided: readonly Decided[],
  { recipients, now }: { recipients: Map<string, Recipient[]>; now: number },
): Promise<void> {
  const rows = decided.flatMap(({ id, notAfter, decision: { told, skipped } }) => {
    const plan = { plan_id: id, not_after: notAfter, organization_id: organizationId, at: now }
    const isForOperators = (days: number) => days <= operatorDays || (recipients.get(id) ?? []).length === 0
    return [
      ...skipped.map(({ days, at, reason }) => ({
        ...{ id: newId('expiryStep', now), ...plan, days, due_at: at },
        ...{ state: 'skipped' as const, reason, for_operators: 0 },
      })),
      ...(told === undefined
        ? []
        : [
            {
              ...{ id: newId('expiryStep', now), ...plan, days: told.days, due_at: told.at },
              ...{ state: 'told' as const, reason: null, for_operators: Number(isForOperators(told.days)) },
            },
          ]),
    ]
  })
  await recordSteps(tx, rows)
  const byTime = Map.groupBy(decided, ({ decision: { dueAt } }) => dueAt)
  for (const [dueAt, plans] of byTime)
    for (const some of inParts(plans))
      await tx
        .updateTable('expiry_plans')
        .set({ due_at: dueAt })
        .where(
          'id',
          'in',
          some.map(({ id }) => id),
        )
        .execute()
}

interface StepRow {
  id: string
  plan_id: string
  not_after: number
  days: number
  organization_id: string | null
  due_at: number
  at: number
  state: 'told' | 'skipped'
  reason: string | null
  for_operators: number
}

/** A step that was skipped may be told of later, never the other way around; one of a clock ahead was neither. */
export async function recordSteps(tx: Tx, rows: readonly StepRow[]): Promise<void> {
  for (const some of inParts(rows, 90))
    await tx
      .insertInto('expiry_steps')
      .values(some)
      .onConflict((conflict) =>
        conflict
          .columns(['plan_id', 'not_after', 'days'])
          .doUpdateSet((e) => ({
            state: e.ref('excluded.state'),
            reason: e.ref('excluded.reason'),
            at: e.ref('excluded.at'),
            for_operators: e.ref('excluded.for_operators'),
          }))
          .where(
            sql<boolean>`(expiry_steps.state = 'skipped' and excluded.state = 'told')
              or expiry_steps.at > excluded.at + ${sql.lit(aheadMs)}`,
          ),
      )
      .execute()
}
