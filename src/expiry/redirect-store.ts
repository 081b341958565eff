import { type Expression, type SqlBool, sql } from 'kysely'
import type { Database, Tx } from '../storage/database.ts'
import { aheadMs } from './expiry-steps.ts'
import { type ExpiryDependencies, findAllRecipients, type Told, writeLetters } from './letter-store.ts'
import { findReplaced, inParts, listPlans } from './plan-row-store.ts'
import type { Recipient } from './recipient-roles.ts'

const maxLetters = 2000
/** By then a later step was told. */
const unreachedMs = 31 * 86_400_000

/** Letters that do not reach their recipient, and of which nobody else was told yet. */
export const selectUnreached = (queries: Database['queries'], now: number) =>
  queries
    .selectFrom('outbox')
    // An expression: with the column SQLite goes through all letters, of which most have reached somebody.
    .innerJoin('expiry_letters', (join) =>
      join.on('expiry_letters.outbox_id', '=', sql<string>`outbox.id || ''`),
    )
    .where('withheld', 'is not', null)
    .where('outbox.created_at', '>=', now - unreachedMs)
    .where('redirected', '=', 0)

/** Returns an organization with such a letter; none of `except`. */
export async function findUndeliverableOrganization(
  queries: Database['queries'],
  now: number,
  except: readonly string[],
): Promise<string | undefined> {
  let letters = selectUnreached(queries, now).select('organization_id').limit(1)
  if (except.length > 0) letters = letters.where('organization_id', 'not in', except)
  return (await letters.executeTakeFirst())?.organization_id ?? undefined
}

/**
 * Tells whoever is next of the steps of letters that were undeliverable, or more than the limits of emails allow, unless a later step was told since, or the certificate
 * was replaced or revoked; the operators, if nobody is left.
 */
export async function redirectLetters(
  tx: Tx,
  dependencies: ExpiryDependencies,
  organizationId: string,
  now: number,
): Promise<void> {
  const letters = await selectUnreached(tx, now)
    .select(['outbox.id', 'plan_id', 'days'])
    .where('organization_id', '=', organizationId)
    .orderBy('outbox.id')
    .limit(maxLetters)
    .execute()
  const latest = await listTold(tx, organizationId, letters, now)
  const { written, lost } = await listWritten(tx, latest)
  const told = latest.map((each) => ({ ...each, lost: lost.get(each.id) ?? new Set<string>() }))
  const recipients = await findAllRecipients(tx, dependencies, { organizationId, now }, told)
  const next = new Map<string, Recipient[]>()
  for (const [id, all] of recipients) {
    const others = all.filter(({ email }) => !written.has(keyOf(id, email)))
    next.set(id, others)
    if (all.every(({ email }) => lost.get(id)?.has(email.toLowerCase())))
      await tellOperators(
        tx,
        told.find((each) => each.id === id),
      )
  }
  const { slug } = await tx
    .selectFrom('organizations')
    .select('slug')
    .where('id', '=', organizationId)
    .executeTakeFirstOrThrow()
  const { portalUrl, label } = dependencies
  await writeLetters(
    tx,
    dependencies,
    { organizationId, slug, portalUrl, label, now },
    { told: told.filter(({ id }) => (next.get(id) ?? []).length > 0), recipients: next },
  )
  for (const some of inParts(letters))
    await tx
      .updateTable('expiry_letters')
      .set({ redirected: 1 })
      .where((e) => e.or(some.map((letter) => isLetter(letter.id, letter.plan_id))))
      .execute()
}

const isLetter = (outboxId: string, planId: string): Expression<SqlBool> =>
  sql<SqlBool>`(outbox_id = ${outboxId} and plan_id = ${planId})`

/** The certificates of the letters whose latest told step is that of the letter. */
async function listTold(
  tx: Tx,
  organizationId: string,
  letters: readonly { plan_id: string; days: number }[],
  now: number,
): Promise<Told[]> {
  const days = new Map(letters.map((letter) => [letter.plan_id, letter.days]))
  const plans = (await listPlans(tx, organizationId, [...days.keys()])).filter(({ isIssued }) => isIssued)
  const replaced = await findReplaced(tx, organizationId, plans, now)
  const told: Told[] = []
  for (const plan of plans) {
    const step = await tx
      .selectFrom('expiry_steps')
      .select(['days', 'due_at'])
      .where('plan_id', '=', plan.id)
      .where('not_after', '=', plan.notAfter)
      .where('state', '=', 'told')
      .where('at', '<=', now + aheadMs)
      .orderBy('days')
      .limit(1)
      .executeTakeFirst()
    if (step === undefined || step.days !== days.get(plan.id) || replaced.has(plan.id)) continue
    told.push({ ...plan, told: { days: step.days, at: step.due_at } })
  }
  return told
}

const keyOf = (certificateId: string, email: string): string => `${certificateId} ${email.toLowerCase()}`

/** To whom these steps were written, and whom nothing of it reaches, by the ID of the certificate. */
async function listWritten(
  tx: Tx,
  told: readonly Told[],
): Promise<{ written: Set<string>; lost: Map<string, Set<string>> }> {
  const days = new Map(told.map((each) => [each.id, each.told.days]))
  const written = new Set<string>()
  const lost = new Map<string, Set<string>>()
  for (const ids of inParts([...days.keys()])) {
    const rows = await tx
      .selectFrom('expiry_letters')
      .innerJoin('outbox', 'outbox.id', 'outbox_id')
      .select(['plan_id', 'days', 'recipient', 'withheld'])
      .where('plan_id', 'in', ids)
      .execute()
    const ofStep = rows.filter((row) => row.days === days.get(row.plan_id))
    for (const row of ofStep) {
      written.add(keyOf(row.plan_id, row.recipient))
      lost.set(row.plan_id, (lost.get(row.plan_id) ?? new Set()).add(row.recipient.toLowerCase()))
    }
    for (const row of ofStep)
      if (row.withheld === null) lost.get(row.plan_id)?.delete(row.recipient.toLowerCase())
  }
  return { written, lost }
}

async function tellOperators(tx: Tx, certificate: Told | undefined): Promise<void> {
  if (certificate === undefined) return
  await tx
    .updateTable('expiry_steps')
    .set({ for_operators: 1 })
    .where('plan_id', '=', certificate.id)
    .where('not_after', '=', certificate.notAfter)
    .where('days', '=', certificate.told.days)
    .execute()
}
