import { sql } from 'kysely'
import { recordAudit } from '../audit/record-audit.ts'
import { policySubject } from '../contract/enforcement-policy.ts'
import type { Act } from '../shapes/act.ts'
import { type Actor, readActor, toActorRef } from '../shapes/actor.ts'
import type { Email } from '../shapes/email.ts'
import { endedBefore, toText } from '../shapes/moment.ts'
import { listActiveAdmins, listActiveOperators } from '../storage/active-people.ts'
import { recordChange } from '../storage/change-log.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { createPaging, cursorParts, type Page } from '../storage/page.ts'
import {
  findWithoutReplacement,
  hasExternal,
  readExternalUse,
  sumExternalCalls,
} from './external-use-store.ts'
import type { Recipient } from './migration-emails.ts'
import type { DecidedMigration, MigrationPlan, MigrationScope } from './migration-plan.ts'

type WriteEmails = (tx: Tx, emails: readonly Email[], now: number) => Promise<void>

/** A plan inside a transaction that may change it. */
export interface MigrationChange {
  /** Undefined without a decision. */
  plan: MigrationPlan | undefined
  /** Sums the calls since `since` with externally issued certificates that are valid now. */
  sumExternalCalls(since: number): Promise<number>
  hasExternal(): Promise<boolean>
  /** Returns the recipients: the admins of the organization, and the operators. */
  listRecipients(): Promise<Recipient[]>
  /** Saves the plan; without an action only when a task looks at it next, and what it was reminded of. */
  save(
    plan: MigrationPlan,
    step: { actor: Actor; action: string | undefined },
    emails: readonly Email[],
  ): Promise<void>
}

/** An organization in an environment, in a list. */
export interface ListedMigration extends MigrationScope {
  slug: string
  legalName: string
}

/** The filter of a list. */
export interface MigrationFilter {
  environment?: string | undefined
  only?: 'remaining' | undefined
}

const paging = createPaging('migrations', [cursorParts.name, cursorParts.name])
/** How many due plans are read at once. */
const maxDue = 200

/** Creates the store of the plans by which organizations leave the certificates of other CAs. */
export function createMigrationPlanStore(database: Database, writeEmails: WriteEmails) {
  const { queries, aside } = database

  return {
    find: (place: MigrationScope): Promise<DecidedMigration | undefined> => findPlan(queries, place),

    readUse: (place: MigrationScope, range: { since: number; now: number }) =>
      readExternalUse(aside, place, range),

    sumExternalCalls: (place: MigrationScope, range: { since: number; now: number }) =>
      sumExternalCalls(aside, place, range),

    findWithoutReplacement: (place: MigrationScope, now: number) => findWithoutReplacement(aside, place, now),

    /** Changes a plan under a lock: of two concurrent changes the second sees the first. */
    change: <T>(
      place: MigrationScope,
      now: number,
      work: (change: MigrationChange) => Promise<T>,
    ): Promise<T> =>
      database.transaction(async (tx) => {
        const plan = await findPlan(tx, place)
        return work({
          plan,
          sumExternalCalls: (since) => sumExternalCalls(tx, place, { since, now }),
          hasExternal: () => hasExternal(tx, place, now),
          listRecipients: () => listRecipients(tx, place.organizationId),
          async save(next, { actor, action }, emails) {
            await writeEmails(tx, emails, now)
            if (action === undefined) return saveStep(tx, place, next)
            await savePlan(tx, place, next, { actor, now })
            const subjectId = policySubject(place.organizationId, place.environment)
            await recordChange(tx, 'migration-plan', subjectId, now)
            const subject = { subjectKind: 'migration-plan', subjectId }
            const before = plan && describe(plan)
            const entry = { actor, action, organizationId: place.organizationId, ...subject }
            await recordAudit(tx, { ...entry, ...(before && { before }), after: describe(next) }, now)
          },
        })
      }),

    /** Lists the plans that a task has to look at after the plan `last`, in a fixed order, at most 200. */
    async listDue(
      now: number,
      last: MigrationScope | undefined,
    ): Promise<(MigrationScope & { slug: string })[]> {
      let due = queries
        .selectFrom('migration_plans')
        .innerJoin('organizations', 'organizations.id', 'organization_id')
        .select(['organization_id', 'environment', 'slug'])
        // A plan without a next step has ended: in the future only if the clock was ahead then.
        .where((e) =>
          e.or([
            e('next_step_at', '<=', now),
            e.and([e('next_step_at', 'is', null), e('ends_at', '>', now)]),
          ]),
        )
        .orderBy('organization_id')
        .orderBy('environment')
        .limit(maxDue)
      if (last !== undefined)
        due = due.where((e) =>
          e(
            e.refTuple('organization_id', 'environment'),
            '>',
            e.tuple(last.organizationId, last.environment),
          ),
        )
      const rows = await due.execute()
      return rows.map((row) => ({
        organizationId: row.organization_id,
        environment: row.environment,
        slug: row.slug,
      }))
    },

    /** Lists the organizations with certificates from other CAs or a plan, in the order in which they were created. */
    async list(
      { cursor, limit, ...filter }: MigrationFilter & { cursor?: string | undefined; limit: number },
      now: number,
    ): Promise<Page<ListedMigration>> {
      const after = paging.findPosition(cursor, filter)
      const validAt = filter.only === 'remaining' ? now : undefined
      const found: Place[] = await selectWithCertificates(aside, filter, after, validAt)
        .limit(limit + 1)
        .execute()
      if (validAt === undefined)
        found.push(
          ...(await selectWithPlan(aside, filter, after)
            .limit(limit + 1)
            .execute()),
        )
      const places = new Map(found.map((row) => [policySubject(row.organization_id, row.environment), row]))
      const rows = [...places.values()].toSorted(byPlace).slice(0, limit + 1)
      const names = await nameOrganizations(aside, [...new Set(rows.map((row) => row.organization_id))])
      return paging.toPage(
        rows,
        { limit, filter },
        (row) => [row.organization_id, row.environment],
        (row) => ({
          organizationId: row.organization_id,
          environment: row.environment,
          slug: names.get(row.organization_id)?.slug ?? '',
          legalName: names.get(row.organization_id)?.legal_name ?? '',
        }),
      )
    },
  }
}

export type MigrationPlanStore = ReturnType<typeof createMigrationPlanStore>

type Position = readonly [string, string] | undefined
interface Place {
  organization_id: string
  environment: string
}

const byPlace = (a: Place, b: Place) =>
  compare(a.organization_id, b.organization_id) || compare(a.environment, b.environment)
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** Selects where there are externally issued certificates; with `validAt` only those that are valid then. */
export function selectWithCertificates(
  queries: Queries,
  { environment }: MigrationFilter,
  after: Position,
  validAt: number | undefined,
) {
  let rows = queries
    .selectFrom('certificates')
    .select(['organization_id', 'environment'])
    .distinct()
    .where('source', '<>', sql.lit('postern'))
    .orderBy('organization_id')
    .orderBy('environment')
  if (validAt !== undefined)
    // An expression, lest SQLite reads all issued certificates of the store by the index of statuses.
    rows = rows.where(sql`status || ''`, '=', 'issued').where('not_after', '>', endedBefore(validAt))
  if (environment !== undefined) rows = rows.where('environment', '=', environment)
  if (after === undefined) return rows
  return rows.where((e) => e(e.refTuple('organization_id', 'environment'), '>', e.tuple(...after)))
}

function selectWithPlan(queries: Queries, { environment }: MigrationFilter, after: Position) {
  let rows = queries
    .selectFrom('migration_plans')
    .select(['organization_id', 'environment'])
    .orderBy('organization_id')
    .orderBy('environment')
  if (environment !== undefined) rows = rows.where('environment', '=', environment)
  if (after === undefined) return rows
  return rows.where((e) => e(e.refTuple('organization_id', 'environment'), '>', e.tuple(...after)))
}

async function nameOrganizations(queries: Queries, ids: readonly string[]) {
  if (ids.length === 0) return new Map<string, { slug: string; legal_name: string }>()
  const rows = await queries
    .selectFrom('organizations')
    .select(['id', 'slug', 'legal_name'])
    .where('id', 'in', ids)
    .execute()
  return new Map(rows.map((row) => [row.id, row]))
}

async function findPlan(
  from: Queries,
  { organizationId, environment }: MigrationScope,
): Promise<DecidedMigration | undefined> {
  const row = await from
    .selectFrom('migration_plans')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('environment', '=', environment)
    .executeTakeFirst()
  return (
    row && {
      deadline: row.deadline,
      plannedAt: row.planned_at,
      endsAt: row.ends_at,
      acceptedDenied: row.accepted_denied,
      postponedSince: row.postponed_since,
      remindedDays: row.reminded_days,
      exceptionUntil: row.exception_until,
      message: JSON.parse(row.message),
      nextStepAt: row.next_step_at,
      updatedBy: readActor(row.updated_by, row.updated_by_ref, 'operator'),
    }
  )
}

async function savePlan(
  tx: Tx,
  { organizationId, environment }: MigrationScope,
  plan: MigrationPlan,
  { actor, now }: Act,
): Promise<void> {
  const row = {
    deadline: plan.deadline,
    planned_at: plan.plannedAt,
    ends_at: plan.endsAt,
    accepted_denied: plan.acceptedDenied,
    postponed_since: plan.postponedSince,
    reminded_days: plan.remindedDays,
    exception_until: plan.exceptionUntil,
    message: JSON.stringify(plan.message),
    next_step_at: plan.nextStepAt,
    updated_at: now,
    updated_by: actor.name,
    updated_by_ref: toActorRef(actor),
  }
  await tx
    .insertInto('migration_plans')
    .values({ organization_id: organizationId, environment, ...row })
    .onConflict((conflict) => conflict.columns(['organization_id', 'environment']).doUpdateSet(row))
    .execute()
}

async function saveStep(
  tx: Tx,
  { organizationId, environment }: MigrationScope,
  { nextStepAt, remindedDays }: MigrationPlan,
): Promise<void> {
  await tx
    .updateTable('migration_plans')
    .set({ next_step_at: nextStepAt, reminded_days: remindedDays })
    .where('organization_id', '=', organizationId)
    .where('environment', '=', environment)
    .execute()
}

async function listRecipients(from: Queries, organizationId: string): Promise<Recipient[]> {
  const admins = await listActiveAdmins(from, organizationId)
  const operators = await listActiveOperators(from)
  return [
    ...admins.map(({ email }) => ({ email, isOperator: false })),
    ...operators.map(({ email }) => ({ email, isOperator: true })),
  ]
}

const describe = ({ deadline, endsAt, postponedSince, exceptionUntil, acceptedDenied }: MigrationPlan) => ({
  deadline: toText(deadline),
  endsAt: toText(endsAt),
  postponedSince: toText(postponedSince),
  exceptionUntil: toText(exceptionUntil),
  acceptedDenied,
})
