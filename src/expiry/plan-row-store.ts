import { sql } from 'kysely'
import type { OrganizationStatus } from '../contract/organization.ts'
import { getAddresses } from '../shapes/actor-name.ts'
import { endedBefore } from '../shapes/moment.ts'
import type { Queries, Tx } from '../storage/database.ts'
import { aheadMs, type RecordedSteps } from './expiry-steps.ts'

/** A limit of the parameters in one statement. */
const rowsAtOnce = 500
/** Replacements of replacements are followed so far. */
const maxGenerations = 20
/** Traffic has fallen back once the old certificate was used so long after the last call with a replacement. */
const fallbackMs = 86_400_000

/** A certificate whose plan is due, with what a letter says of it. Times are milliseconds since 1970. */
export interface DuePlan {
  id: string
  name: string
  environment: string
  isIssued: boolean
  beganAt: number
  notAfter: number
  lastUsedAt: number | null
  contacts: string[]
  submitter: string[]
}

/** The organization of certificates. */
export interface PlanOwner {
  slug: string
  status: OrganizationStatus
}

/** Splits for statements that take a number of values. */
export const inParts = <T>(all: readonly T[], size = rowsAtOnce): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  )

/** Lists the plans of certificates of an organization that are due, those that have waited longest first. */
export async function listDuePlans(
  tx: Tx,
  organizationId: string,
  { now, limit }: { now: number; limit: number },
): Promise<DuePlan[]> {
  const rows = await selectPlans(tx, organizationId)
    .where('expiry_plans.due_at', '<=', now)
    .orderBy('expiry_plans.due_at')
    .orderBy('expiry_plans.id')
    .limit(limit)
    .execute()
  return rows.map(toPlan)
}

/** Lists the plans of these certificates of an organization. */
export async function listPlans(tx: Tx, organizationId: string, ids: readonly string[]): Promise<DuePlan[]> {
  const rows: PlanRow[] = []
  for (const some of inParts(ids))
    rows.push(...(await selectPlans(tx, organizationId).where('expiry_plans.id', 'in', some).execute()))
  return rows.map(toPlan)
}

type PlanRow = Awaited<ReturnType<ReturnType<typeof selectPlans>['execute']>>[number]

const selectPlans = (tx: Tx, organizationId: string) =>
  tx
    .selectFrom('expiry_plans')
    .innerJoin('certificates', 'certificates.id', 'expiry_plans.id')
    .select([
      'certificates.id',
      'certificates.name',
      'environment',
      'certificates.status',
      'began_at',
      'expiry_plans.not_after',
      'last_used_at',
      'contacts',
      'source',
      'submitted_by',
      'created_by',
    ])
    .where('expiry_plans.organization_id', '=', organizationId)

const toPlan = (row: PlanRow): DuePlan => ({
  id: row.id,
  name: row.name,
  environment: row.environment,
  isIssued: row.status === 'issued',
  beganAt: row.began_at,
  notAfter: row.not_after,
  lastUsedAt: row.last_used_at,
  contacts: JSON.parse(row.contacts) as string[],
  submitter: getAddresses((row.source === 'postern' ? row.submitted_by : row.created_by) ?? ''),
})

/** Returns the recorded steps of each plan for the end that it has now, but for those that a clock ahead recorded. */
export async function readSteps(
  tx: Tx,
  plans: readonly { id: string; notAfter: number }[],
  now: number,
): Promise<Map<string, RecordedSteps>> {
  const ends = new Map(plans.map(({ id, notAfter }) => [id, notAfter]))
  const recorded = new Map<string, Map<number, 'told' | 'skipped'>>()
  for (const ids of inParts([...ends.keys()])) {
    const rows = await tx
      .selectFrom('expiry_steps')
      .select(['plan_id', 'not_after', 'days', 'state'])
      .where('plan_id', 'in', ids)
      .where('at', '<=', now + aheadMs)
      .execute()
    for (const row of rows) {
      if (row.not_after !== ends.get(row.plan_id)) continue
      const steps = recorded.get(row.plan_id) ?? new Map()
      recorded.set(row.plan_id, steps.set(row.days, row.state))
    }
  }
  return recorded
}

/**
 * Returns those of the certificates that a replacement has taken over: a gateway has accepted one, or a replacement of
 * it, which is neither revoked nor expired, and the old certificate was not used a day or more after the last call with
 * one of them.
 */
export async function findReplaced(
  tx: Tx,
  organizationId: string,
  plans: readonly DuePlan[],
  now: number,
): Promise<Set<string>> {
  const replaced = new Set<string>()
  for (const some of inParts(plans)) {
    const ids = some.map(({ id }) => id)
    const { rows } = await selectUseOfReplacements(organizationId, ids, now).execute(tx)
    const lastUse = new Map(rows.map(({ root, used }) => [root, Number(used)]))
    for (const { id, lastUsedAt } of some) {
      const used = lastUse.get(id)
      if (used !== undefined && (lastUsedAt ?? 0) - used < fallbackMs) replaced.add(id)
    }
  }
  return replaced
}

/**
 * Selects when the valid replacements of certificates, and those of the replacements, were last used. The index of
 * replacements is by organization: without it each look would read every certificate of the store. SQLite begins with
 * the left side of a cross join.
 */
export const selectUseOfReplacements = (organizationId: string, ids: readonly string[], now: number) =>
  sql<{ root: string; used: number }>`
    with recursive line (root, id, generation) as (
      select replaces_id, id, 1 from certificates
        where organization_id = ${organizationId} and replaces_id in (${sql.join(ids)})
      union all
      select line.root, certificates.id, generation + 1 from line cross join certificates
        where certificates.organization_id = ${organizationId} and certificates.replaces_id = line.id
          and generation < ${maxGenerations}
    )
    select root, max(last_used_at) as used from line cross join certificates
      where certificates.id = line.id and status = 'issued' and not_after > ${endedBefore(now)} and first_used_at is not null
      group by root`

/** Returns the newest replacement of each certificate that no gateway has accepted yet. */
export async function findWaitingReplacements(
  tx: Tx,
  organizationId: string,
  certificateIds: readonly string[],
  now: number,
): Promise<Map<string, { name: string; isIssued: boolean }>> {
  const waiting = new Map<string, { name: string; isIssued: boolean }>()
  for (const ids of inParts(certificateIds)) {
    const rows = await selectWaitingReplacements(tx, organizationId, ids, now).execute()
    for (const { replaces_id: id, name, status } of rows)
      if (id !== null) waiting.set(id, { name, isIssued: status === 'issued' })
  }
  return waiting
}

/** Selects the replacements of certificates that no gateway has accepted yet, oldest first. */
export const selectWaitingReplacements = (
  queries: Queries,
  organizationId: string,
  ids: readonly string[],
  now: number,
) =>
  queries
    .selectFrom('certificates')
    .select(['replaces_id', 'name', 'status'])
    .where('organization_id', '=', organizationId)
    .where('replaces_id', 'in', ids)
    .where('first_used_at', 'is', null)
    .where((e) =>
      e.or([
        e('status', 'in', ['draft', 'pending']),
        e.and([e('status', '=', 'issued'), e('not_after', '>', endedBefore(now))]),
      ]),
    )
    .orderBy('created_at')
    .orderBy('id')
