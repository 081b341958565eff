import { recordAudit } from '../audit/record-audit.ts'
import { policySubject } from '../contract/enforcement-policy.ts'
import type { Act } from '../shapes/act.ts'
import { type Actor, readActor, toActorRef } from '../shapes/actor.ts'
import type { Email } from '../shapes/email.ts'
import { toText } from '../shapes/moment.ts'
import { listActiveAdmins, listActiveOperators } from '../storage/active-people.ts'
import { recordChange } from '../storage/change-log.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { createPaging, cursorParts, type Page } from '../storage/page.ts'
import type { Recipient } from './enforcement-emails.ts'
import type { DecidedPolicy, EnforcementPolicy, PolicyScope, Readiness } from './policy.ts'
import { sumReadiness } from './readiness-store.ts'

type WriteEmails = (tx: Tx, emails: readonly Email[], now: number) => Promise<void>

/** An enforcement policy inside a transaction that may change it. */
export interface PolicyChange {
  /** Undefined without a decision. */
  plan: EnforcementPolicy | undefined
  readiness(policy: EnforcementPolicy, recentSince: number): Promise<Readiness>
  /** Returns the recipients: the admins of the organization, and the operators. */
  listRecipients(): Promise<Recipient[]>
  save(
    policy: EnforcementPolicy,
    step: { actor: Actor; action: string },
    emails: readonly Email[],
  ): Promise<void>
}

/** An organization in a list. */
export interface ListedOrganization {
  id: string
  slug: string
  legalName: string
}

const paging = createPaging('enforcement plans', [cursorParts.name])

/** Creates the store of enforcement policies. */
export function createPolicyStore(database: Database, writeEmails: WriteEmails) {
  const { queries } = database

  return {
    find: (place: PolicyScope): Promise<DecidedPolicy | undefined> => findPolicy(queries, place),

    /** Changes a policy under a lock: of two concurrent changes the second sees the first. */
    change: <T>(place: PolicyScope, now: number, work: (change: PolicyChange) => Promise<T>): Promise<T> =>
      database.transaction(async (tx) => {
        const policy = await findPolicy(tx, place)
        return work({
          plan: policy,
          readiness: (current, recentSince) => sumReadiness(tx, place, current.since, recentSince),
          listRecipients: () => listRecipients(tx, place.organizationId),
          async save(next, { actor, action }, emails) {
            await savePolicy(tx, place, next, { actor, now })
            await writeEmails(tx, emails, now)
            const subjectId = policySubject(place.organizationId, place.environment)
            await recordChange(tx, 'enforcement-plan', subjectId, now)
            const { organizationId } = place
            const subject = { subjectKind: 'enforcement-plan', subjectId }
            const before = policy && describe(policy)
            const entry = { actor, action, organizationId, ...subject, after: describe(next) }
            await recordAudit(tx, { ...entry, ...(before && { before }) }, now)
          },
        })
      }),

    /** Lists the policies whose date has come. */
    async listDue(now: number): Promise<(PolicyScope & { slug: string })[]> {
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

export type PolicyStore = ReturnType<typeof createPolicyStore>

async function findPolicy(
  from: Queries,
  { organizationId, environment }: PolicyScope,
): Promise<DecidedPolicy | undefined> {
  const row = await from
    .selectFrom('enforcement_plans')
    .select(['mode', 'since', 'enforce_at', 'held_since', 'updated_by', 'updated_by_ref'])
    .where('organization_id', '=', organizationId)
    .where('environment', '=', environment)
    .executeTakeFirst()
  return (
    row && {
      mode: row.mode,
      since: row.since,
      enforceAt: row.enforce_at,
      postponedSince: row.held_since,
      updatedBy: readActor(row.updated_by, row.updated_by_ref, 'operator'),
    }
  )
}

async function savePolicy(
  tx: Tx,
  { organizationId, environment }: PolicyScope,
  { mode, since, enforceAt, postponedSince }: EnforcementPolicy,
  { actor, now }: Act,
): Promise<void> {
  const policy = {
    mode,
    since,
    enforce_at: enforceAt,
    held_since: postponedSince,
    updated_at: now,
    updated_by: actor.name,
    updated_by_ref: toActorRef(actor),
  }
  await tx
    .insertInto('enforcement_plans')
    .values({ organization_id: organizationId, environment, ...policy })
    .onConflict((conflict) => conflict.columns(['organization_id', 'environment']).doUpdateSet(policy))
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

const describe = ({ mode, enforceAt, postponedSince }: EnforcementPolicy) => ({
  mode,
  enforceAt: toText(enforceAt),
  // The audit log keeps one name, so that the rows of every release read alike.
  heldSince: toText(postponedSince),
})
