import { recordAudit } from '../audit/record-audit.ts'
import { planSubject } from '../contract/enforcement-plan.ts'
import type { Actor } from '../shapes/actor.ts'
import type { Letter } from '../shapes/letter.ts'
import { toText } from '../shapes/moment.ts'
import { recordChange } from '../storage/change-log.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { createPaging, cursorParts, type Page } from '../storage/page.ts'
import type { Recipient } from './enforcement-letters.ts'
import type { Plan, PlanPlace, Readiness } from './plan.ts'
import { sumReadiness } from './readiness-store.ts'

type WriteLetters = (tx: Tx, letters: readonly Letter[], now: number) => Promise<void>

/** An enforcement policy inside a transaction that may change it. */
export interface PlanChange {
  /** Undefined without a decision. */
  plan: Plan | undefined
  readiness(plan: Plan, recentSince: number): Promise<Readiness>
  /** Returns the recipients: the admins of the organization, and the operators. */
  listRecipients(): Promise<Recipient[]>
  save(plan: Plan, step: { actor: Actor; action: string }, letters: readonly Letter[]): Promise<void>
}

/** An organization in a list. */
export interface ListedOrganization {
  id: string
  slug: string
  legalName: string
}

const paging = createPaging('enforcement plans', [cursorParts.name])

/** Creates the store of enforcement policies. */
export function createPlanStore(database: Database, writeLetters: WriteLetters) {
  const { queries } = database

  return {
    find: (place: PlanPlace): Promise<Plan | undefined> => findPlan(queries, place),

    /** Changes a policy under a lock: of two concurrent changes the second sees the first. */
    change: <T>(place: PlanPlace, now: number, work: (change: PlanChange) => Promise<T>): Promise<T> =>
      database.transaction(async (tx) => {
        const plan = await findPlan(tx, place)
        return work({
          plan,
          readiness: (current, recentSince) => sumReadiness(tx, place, current.since, recentSince),
          listRecipients: () => listRecipients(tx, place.organizationId),
          async save(next, { actor, action }, letters) {
            await savePlan(tx, place, next, { by: actor.name, now })
            await writeLetters(tx, letters, now)
            const subjectId = planSubject(place.organizationId, place.environment)
            await recordChange(tx, 'enforcement-plan', subjectId, now)
            const { organizationId } = place
            const subject = { subjectKind: 'enforcement-plan', subjectId }
            const before = plan && describe(plan)
            const entry = { actor, action, organizationId, ...subject, after: describe(next) }
            await recordAudit(tx, { ...entry, ...(before && { before }) }, now)
          },
        })
      }),

    /** Lists the policies whose date has come. */
    async listDue(now: number): Promise<(PlanPlace & { slug: string })[]> {
      const rows = await queries
        .selectFrom('enforcement_plans')
        .innerJoin('organizations', 'organizations.id', 'organization_id')
        .select(['organization_id', 'environment', 'slug'])
        .where('enforce_at', '<=', now)
        .execute()
      return rows.map((row) => ({
        organizationId: row.organization_id,
        environment: row.environment,
        slug: row.slug,
      }))
    },

    /** Lists organizations by slug, for operators. */
    async listOrganizations({
      cursor,
      limit,
    }: {
      cursor?: string | undefined
      limit: number
    }): Promise<Page<ListedOrganization>> {
      const query = queries
        .selectFrom('organizations')
        .select(['id', 'slug', 'legal_name as legalName'])
        .orderBy('slug')
        .limit(limit + 1)
      const from = paging.findPosition(cursor)
      const rows = await (from === undefined ? query : query.where('slug', '>', from[0])).execute()
      return paging.toPage(
        rows,
        limit,
        (row) => [row.slug],
        (row) => row,
      )
    },
  }
}

export type PlanStore = ReturnType<typeof createPlanStore>

async function findPlan(
  from: Queries,
  { organizationId, environment }: PlanPlace,
): Promise<Plan | undefined> {
  const row = await from
    .selectFrom('enforcement_plans')
    .select(['mode', 'since', 'enforce_at', 'held_since'])
    .where('organization_id', '=', organizationId)
    .where('environment', '=', environment)
    .executeTakeFirst()
  return (
    row && {
      mode: row.mode,
      since: row.since,
      enforceAt: row.enforce_at,
      heldSince: row.held_since,
    }
  )
}

async function savePlan(
  tx: Tx,
  { organizationId, environment }: PlanPlace,
  { mode, since, enforceAt, heldSince }: Plan,
  { by, now }: { by: string; now: number },
): Promise<void> {
  const plan = {
    mode,
    since,
    enforce_at: enforceAt,
    held_since: heldSince,
    updated_at: now,
    updated_by: by,
  }
  await tx
    .insertInto('enforcement_plans')
    .values({ organization_id: organizationId, environment, ...plan })
    .onConflict((conflict) => conflict.columns(['organization_id', 'environment']).doUpdateSet(plan))
    .execute()
}

async function listRecipients(from: Queries, organizationId: string): Promise<Recipient[]> {
  const admins = await from
    .selectFrom('members')
    .innerJoin('users', 'users.id', 'members.user_id')
    .select('email')
    .where('organization_id', '=', organizationId)
    .where('role', '=', 'admin')
    .execute()
  const operators = await from.selectFrom('users').select('email').where('is_operator', '=', 1).execute()
  return [
    ...admins.map(({ email }) => ({ email, isOperator: false })),
    ...operators.map(({ email }) => ({ email, isOperator: true })),
  ]
}

const describe = ({ mode, enforceAt, heldSince }: Plan) => ({
  mode,
  enforceAt: toText(enforceAt),
  heldSince: toText(heldSince),
})
