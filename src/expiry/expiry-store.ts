import { sql } from 'kysely'
import type { Announcement } from '../shapes/announcement.ts'
import type { Email } from '../shapes/email.ts'
import type { Database, Tx } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { callerMs, findCallers } from './caller-store.ts'
import {
  type ExpiringCertificate,
  type ExpiryLetter,
  type LetterPlace,
  maxDescribed,
  writeExpiryLetter,
} from './expiry-letters.ts'
import { type Decision, decide, type SkipReason } from './expiry-steps.ts'
import {
  type DuePlan,
  findReplaced,
  findWaitingReplacements,
  inParts,
  listDuePlans,
  type PlanOwner,
  readSteps,
} from './plan-row-store.ts'
import type { FindRecipients, Recipient } from './recipient-store.ts'

/** How many certificates of an organization one transaction takes; more are told of in a letter of their own. */
const maxPlans = 5000
/** The operators are told of certificates from this many days on. */
const operatorDays = 1

/** What the store tells, and by what. */
export interface ExpiryDependencies {
  database: Database
  writeEmails(tx: Tx, emails: readonly Email[], now: number): Promise<void>
  /** Tells webhook endpoints in the same transaction. */
  announce(tx: Tx, announcements: readonly Announcement[]): Promise<void>
  findRecipients: FindRecipients
  portalUrl: string
  /** Display name of an environment. */
  label(environment: string): string
}

interface Decided extends DuePlan {
  decision: Decision
}
type Told = Decided & { told: NonNullable<Decision['told']> }

/** Creates the store of what has to be told of the certificates of organizations. */
export function createExpiryStore(dependencies: ExpiryDependencies) {
  const { database } = dependencies
  return {
    /** Returns an organization with a plan that is due, the one that has waited longest; none of `except`. */
    async findDueOrganization(now: number, except: readonly string[]): Promise<string | undefined> {
      let due = database.queries
        .selectFrom('expiry_plans')
        .select('organization_id')
        .where('due_at', '<=', now)
        .where('organization_id', 'is not', null)
        .orderBy('due_at')
        .limit(1)
      if (except.length > 0) due = due.where('organization_id', 'not in', except)
      return (await due.executeTakeFirst())?.organization_id ?? undefined
    },

    /**
     * Records the steps of the certificates of an organization that are due, and queues one letter to each person about
     * all of them, in one transaction. Two portals that do so at once tell once.
     */
    tellOrganization: (organizationId: string, now: number): Promise<void> =>
      database.transaction((tx) => tellOrganization(tx, dependencies, organizationId, now)),
  }
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
  const decided = await decideAll(tx, owner, plans, now)
  const told = decided.flatMap((plan) =>
    plan.decision.told === undefined ? [] : [{ ...plan, told: plan.decision.told }],
  )
  const recipients = await findAllRecipients(tx, dependencies, organizationId, told)
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
  { status }: PlanOwner,
  plans: readonly DuePlan[],
  now: number,
): Promise<Decided[]> {
  const recorded = await readSteps(tx, plans)
  const replaced = await findReplaced(tx, plans, now)
  const silenceOf = ({ id }: DuePlan): SkipReason | undefined =>
    status === 'active' ? (replaced.has(id) ? 'replaced' : undefined) : 'organization_not_active'
  return plans.map((plan) => ({
    ...plan,
    decision: plan.isIssued
      ? decide({ ...plan, kind: 'certificate' }, recorded.get(plan.id) ?? new Map(), now, silenceOf(plan))
      : { told: undefined, skipped: [], dueAt: null },
  }))
}

const findAllRecipients = (
  tx: Tx,
  { findRecipients }: ExpiryDependencies,
  organizationId: string,
  told: readonly Told[],
): Promise<Map<string, Recipient[]>> =>
  told.length === 0
    ? Promise.resolve(new Map())
    : findRecipients(
        tx,
        organizationId,
        told.map(({ id, contacts, submitter, told: { days } }) => ({ id, days, contacts, submitter })),
      )

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

/** A step that was skipped may be told of later, never the other way around. */
export async function recordSteps(tx: Tx, rows: readonly StepRow[]): Promise<void> {
  for (const some of inParts(rows, 90))
    await tx
      .insertInto('expiry_steps')
      .values(some)
      .onConflict((conflict) =>
        conflict
          .columns(['plan_id', 'not_after', 'days'])
          .doUpdateSet((e) => ({
            state: 'told',
            reason: null,
            at: e.ref('excluded.at'),
            for_operators: e.ref('excluded.for_operators'),
          }))
          .where('expiry_steps.state', '=', 'skipped')
          .where(sql<boolean>`excluded.state = 'told'`),
      )
      .execute()
}

async function writeLetters(
  tx: Tx,
  dependencies: ExpiryDependencies,
  place: LetterPlace,
  { told, recipients }: { told: readonly Told[]; recipients: Map<string, Recipient[]> },
): Promise<void> {
  if (told.length === 0) return
  const described = await describeCertificates(tx, place, told)
  const people = new Map<string, { recipient: Recipient; certificates: ExpiringCertificate[] }>()
  for (const certificate of described)
    for (const recipient of recipients.get(certificate.id) ?? []) {
      const key = recipient.email.toLowerCase()
      const person = people.get(key) ?? { recipient, certificates: [] }
      person.certificates.push(certificate)
      people.set(key, person)
    }
  const letters = [...people.values()].map(({ recipient, certificates }) =>
    writeExpiryLetter(place, recipient, certificates),
  )
  await dependencies.writeEmails(
    tx,
    letters.map(({ email }) => email),
    place.now,
  )
  await linkLetters(tx, letters)
}

/** Those that expire first are described best. */
async function describeCertificates(
  tx: Tx,
  { organizationId, now }: LetterPlace,
  told: readonly Told[],
): Promise<ExpiringCertificate[]> {
  const ids = told.toSorted((a, b) => a.notAfter - b.notAfter).map(({ id }) => id)
  const since = now - callerMs
  const replacements = await findWaitingReplacements(tx, ids, now)
  const used = new Set(told.filter(({ lastUsedAt }) => (lastUsedAt ?? 0) >= since).map(({ id }) => id))
  const callers = await findCallers(
    tx,
    { organizationId, since },
    ids.filter((id) => used.has(id)).slice(0, maxDescribed),
  )
  return told.map(({ id, name, environment, notAfter, lastUsedAt, told: { days } }) => ({
    ...{ id, name, environment, days, notAfter, lastUsedAt },
    replacement: replacements.get(id),
    callers: callers.get(id),
  }))
}

/** Notes which email tells of which certificate, for the list of notifications. */
async function linkLetters(tx: Tx, letters: readonly ExpiryLetter[]): Promise<void> {
  for (const some of inParts(letters)) {
    const queued = await tx
      .selectFrom('outbox')
      .select(['id', 'key'])
      .where(
        'key',
        'in',
        some.map(({ email }) => email.key),
      )
      .execute()
    const ids = new Map(queued.map(({ id, key }) => [key, id]))
    const rows = some.flatMap(({ email, role, certificates }) => {
      const outboxId = ids.get(email.key)
      if (outboxId === undefined) return []
      return certificates.map(({ id, days }) => ({ outbox_id: outboxId, plan_id: id, days, role }))
    })
    for (const part of inParts(rows, 200)) await tx.insertInto('expiry_letters').values(part).execute()
  }
}
