import { sql } from 'kysely'
import type { Email } from '../shapes/email.ts'
import { listActiveOperators } from '../storage/active-people.ts'
import type { Database, Tx } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { type OperatorNews, writeOperatorLetters } from './expiry-letters.ts'
import { decide, expiryKinds, firstDue } from './expiry-steps.ts'
import { recordSteps } from './expiry-store.ts'
import type { OperatorSubject } from './operator-subject-store.ts'
import { inParts, readSteps } from './plan-row-store.ts'

const day = 86_400_000
/** How many steps operators are told of in one letter. */
const maxNews = 2000

interface Dependencies {
  database: Database
  writeEmails(tx: Tx, emails: readonly Email[], now: number): Promise<void>
  portalUrl: string
  label(environment: string): string
}

/** Creates the store of what operators have to be told. */
export function createOperatorExpiryStore(dependencies: Dependencies) {
  const { database } = dependencies
  return {
    /** Makes the plans those of `subjects`: of one with another end it begins anew, and that of one that is gone is deleted. */
    async follow(subjects: readonly OperatorSubject[], now: number): Promise<void> {
      const wanted = new Map(
        subjects
          .filter(({ notAfter }) => notAfter > now - 8 * day)
          .map((subject) => [`${subject.kind}:${subject.id}`, subject]),
      )
      const rows = await database.queries
        .selectFrom('expiry_plans')
        .select(['id', 'not_after'])
        .where('organization_id', 'is', null)
        .execute()
      const known = new Map(rows.map((row) => [row.id, row.not_after]))
      const changed = [...wanted].filter(([id, { notAfter }]) => known.get(id) !== notAfter)
      const gone = rows.filter(({ id }) => !wanted.has(id)).map(({ id }) => id)
      if (changed.length === 0 && gone.length === 0) return
      await database.transaction(async (tx) => {
        for (const [id, subject] of changed) await savePlan(tx, id, subject)
        for (const ids of inParts(gone)) await tx.deleteFrom('expiry_plans').where('id', 'in', ids).execute()
      })
    },

    /**
     * Records the steps of what operators keep, and queues one letter to each operator about them and about certificates
     * of customers, in one transaction.
     */
    tell: (now: number): Promise<void> => database.transaction((tx) => tellOperators(tx, dependencies, now)),

    /** Whether operators have to be told of something. */
    async isDue(now: number): Promise<boolean> {
      const { queries } = database
      const plan = await queries
        .selectFrom('expiry_plans')
        .select('id')
        .where('organization_id', 'is', null)
        .where('due_at', '<=', now)
        .limit(1)
        .executeTakeFirst()
      if (plan !== undefined) return true
      const step = await selectSteps(queries).limit(1).executeTakeFirst()
      return step !== undefined
    },
  }
}

export type OperatorExpiryStore = ReturnType<typeof createOperatorExpiryStore>

/** The steps of certificates that operators are still to be told of. */
// A literal: with a parameter SQLite does not use the partial index.
export const selectSteps = (queries: Database['queries']) =>
  queries
    .selectFrom('expiry_steps')
    .select(['expiry_steps.id', 'plan_id', 'expiry_steps.not_after', 'days'])
    .where('for_operators', '=', sql.lit(1))
    .orderBy('expiry_steps.at')
    .orderBy('expiry_steps.id')

async function savePlan(tx: Tx, id: string, subject: OperatorSubject): Promise<void> {
  const { kind, name, beganAt, notAfter } = subject
  const plan = { kind, name, not_after: notAfter, began_at: beganAt, due_at: firstDue(subject) }
  await tx
    .insertInto('expiry_plans')
    .values({ id, organization_id: null, ...plan })
    .onConflict((conflict) =>
      // Another portal may have done the same meanwhile.
      conflict.column('id').doUpdateSet(plan).where('expiry_plans.not_after', '<>', notAfter),
    )
    .execute()
}

async function tellOperators(
  tx: Tx,
  { writeEmails, portalUrl, label }: Dependencies,
  now: number,
): Promise<void> {
  const own = await tellOwnSubjects(tx, now)
  const steps = await selectSteps(tx).limit(maxNews).execute()
  const news = [...own, ...(await describeSteps(tx, steps, label))]
  if (news.length > 0) {
    const operators = await listActiveOperators(tx)
    await writeEmails(
      tx,
      writeOperatorLetters(
        { portalUrl, now },
        operators.map(({ email }) => email),
        news,
      ),
      now,
    )
  }
  for (const some of inParts(steps))
    await tx
      .updateTable('expiry_steps')
      .set({ for_operators: 0 })
      .where(
        'id',
        'in',
        some.map(({ id }) => id),
      )
      .execute()
}

async function tellOwnSubjects(tx: Tx, now: number): Promise<OperatorNews[]> {
  const rows = await tx
    .selectFrom('expiry_plans')
    .select(['id', 'kind', 'name', 'not_after', 'began_at'])
    .where('organization_id', 'is', null)
    .where('due_at', '<=', now)
    .orderBy('due_at')
    .limit(maxNews)
    .execute()
  const plans = rows.flatMap((row) => {
    const kind = expiryKinds.find((known) => known === row.kind)
    // A later release knows it.
    if (kind === undefined) return []
    return [{ id: row.id, kind, name: row.name, beganAt: row.began_at, notAfter: row.not_after }]
  })
  const recorded = await readSteps(tx, plans, now)
  const news: OperatorNews[] = []
  for (const plan of plans) {
    const { told, skipped, dueAt } = decide(plan, recorded.get(plan.id) ?? new Map(), now)
    const step = {
      plan_id: plan.id,
      not_after: plan.notAfter,
      organization_id: null,
      at: now,
      for_operators: 0,
    }
    await recordSteps(tx, [
      ...skipped.map(({ days, at, reason }) => ({
        ...{ id: newId('expiryStep', now), ...step, days, due_at: at },
        ...{ state: 'skipped' as const, reason },
      })),
      ...(told === undefined
        ? []
        : [
            {
              ...{ id: newId('expiryStep', now), ...step, days: told.days, due_at: told.at },
              ...{ state: 'told' as const, reason: null },
            },
          ]),
    ])
    await tx.updateTable('expiry_plans').set({ due_at: dueAt }).where('id', '=', plan.id).execute()
    if (told !== undefined) news.push({ ...plan, days: told.days, owner: undefined })
  }
  return news
}

/** Returns the certificates of steps that are still to be told of. */
async function describeSteps(
  tx: Tx,
  steps: readonly { plan_id: string; not_after: number; days: number }[],
  label: (environment: string) => string,
): Promise<OperatorNews[]> {
  const news: OperatorNews[] = []
  for (const some of inParts(steps)) {
    const rows = await tx
      .selectFrom('certificates')
      .innerJoin('organizations', 'organizations.id', 'certificates.organization_id')
      .select(['certificates.id', 'certificates.name', 'environment', 'legal_name'])
      .where(
        'certificates.id',
        'in',
        some.map((step) => step.plan_id),
      )
      .where('certificates.status', '=', 'issued')
      .execute()
    const certificates = new Map(rows.map((row) => [row.id, row]))
    for (const { plan_id, not_after, days } of some) {
      const certificate = certificates.get(plan_id)
      if (certificate === undefined) continue
      const owner = `${certificate.legal_name} (${label(certificate.environment)})`
      news.push({ kind: 'certificate', name: certificate.name, days, notAfter: not_after, owner })
    }
  }
  return news
}
