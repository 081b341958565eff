import { type Email, writeBody } from '../shapes/email.ts'
import { toMinute } from '../shapes/moment.ts'
import { listActiveAdmins } from '../storage/active-people.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { endOf } from './expiry-letters.ts'
import { type Decision, decide } from './expiry-steps.ts'
import { recordSteps } from './expiry-store.ts'
import { readSteps } from './plan-row-store.ts'
import { findSilence, successorOf } from './webhook-successor-store.ts'

/** How many client certificates one run looks at; the next run follows within a minute. */
const certificatesAtOnce = 100

interface Dependencies {
  database: Database
  writeEmails(tx: Tx, emails: readonly Email[], now: number): Promise<void>
  portalUrl: string
  /** Where the page of a webhook of all environments is. */
  firstEnvironment: string
}

/**
 * Creates the store of what has to be told of the client certificates that webhooks present: to who created the webhook,
 * or to all admins if that one is no admin now. It is quiet about one with a later one that is or will be presented, unless
 * the endpoint rejects that.
 */
export const createWebhookCertificateExpiry = (dependencies: Dependencies) => ({
  /**
   * Records the steps that are due and queues their emails, each certificate in a transaction of its own. Two portals that
   * do so at once tell once. One that fails holds up no other, and its error is thrown at the end.
   */
  tell: async (now: number): Promise<void> => {
    const { database } = dependencies
    const failures: unknown[] = []
    const due = await selectDue(database.queries, now)
      .select('certificate.id')
      .limit(certificatesAtOnce)
      .execute()
    for (const { id } of due)
      await database
        .transaction(async (tx) => {
          const row = await describeDue(tx, now).where('certificate.id', '=', id).executeTakeFirst()
          if (row !== undefined) await tellOf(tx, dependencies, row, now)
        })
        .catch((error) => failures.push(error))
    if (failures.length > 0) throw failures[0]
  },
})

async function tellOf(tx: Tx, dependencies: Dependencies, row: DueRow, now: number): Promise<void> {
  const plan = { beganAt: row.not_before ?? 0, notAfter: row.not_after ?? 0 }
  const recorded = await readSteps(tx, [{ id: row.id, notAfter: plan.notAfter }], now)
  const silence = findSilence(row)
  const expiring = { kind: 'webhook_certificate' as const, ...plan }
  const decision = decide(expiring, recorded.get(row.id) ?? new Map(), now, silence)
  await recordDecision(tx, row, decision, now)
  if (decision.told === undefined) return
  const { days } = decision.told
  const hasNext = row.successor !== 'rejected' && (await hasLater(tx, row, now))
  const letters = await writeLetters(tx, dependencies, { row, hasNext, days }, now)
  await dependencies.writeEmails(tx, letters, now)
}

const selectDue = (queries: Queries, now: number) =>
  queries
    .selectFrom('webhook_client_certificates as certificate')
    .innerJoin('webhooks', 'webhooks.id', 'webhook_id')
    .innerJoin('organizations', 'organizations.id', 'organization_id')
    .where('letter_at', '<=', now)
    .orderBy('letter_at')

const describeDue = (tx: Tx, now: number) =>
  selectDue(tx, now)
    .select(['certificate.id', 'webhook_id', 'issuer', 'not_before', 'not_after'])
    .select(['webhooks.name', 'environment', 'organization_id', 'webhooks.created_by_ref', 'slug'])
    .select(['organizations.status', successorOf(now).as('successor')])

type DueRow = Awaited<ReturnType<ReturnType<typeof describeDue>['execute']>>[number]

/** Whether the webhook has one that ends later and has not expired. */
async function hasLater(
  tx: Tx,
  { webhook_id: webhookId, not_after: notAfter }: DueRow,
  now: number,
): Promise<boolean> {
  const later = await tx
    .selectFrom('webhook_client_certificates')
    .select('id')
    .where('webhook_id', '=', webhookId)
    .where('not_after', '>', Math.max(notAfter ?? 0, now))
    .limit(1)
    .executeTakeFirst()
  return later !== undefined
}

async function recordDecision(
  tx: Tx,
  { id, not_after: notAfter, organization_id: organizationId }: DueRow,
  { told, skipped, dueAt }: Decision,
  now: number,
): Promise<void> {
  const step = { plan_id: id, not_after: notAfter ?? 0, organization_id: organizationId, at: now }
  const toRow = ({ days, at }: { days: number; at: number }) => ({
    ...{ id: newId('expiryStep', now), ...step, days, due_at: at, for_operators: 0 },
  })
  await recordSteps(tx, [
    ...skipped.map((one) => ({ ...toRow(one), state: 'skipped' as const, reason: one.reason })),
    ...(told === undefined ? [] : [{ ...toRow(told), state: 'told' as const, reason: null }]),
  ])
  await tx.updateTable('webhook_client_certificates').set({ letter_at: dueAt }).where('id', '=', id).execute()
}

/** Returns who is told: the admin who created the webhook, or all admins if that one is none now. */
export function chooseAdmins<Admin extends { id: string }>(
  { created_by_ref: creatorRef }: { created_by_ref: string },
  admins: readonly Admin[],
): readonly Admin[] {
  const creator = admins.filter(({ id }) => creatorRef === `person:${id}`)
  return creator.length > 0 ? creator : admins
}

async function writeLetters(
  tx: Tx,
  { portalUrl, firstEnvironment }: Dependencies,
  { row, hasNext, days }: { row: DueRow; hasNext: boolean; days: number },
  now: number,
): Promise<Email[]> {
  const admins = await listActiveAdmins(tx, row.organization_id)
  const notAfter = row.not_after ?? 0
  const end = endOf({ notAfter }, now)
  const environment = row.environment ?? firstEnvironment
  const lines = [
    `The client certificate that the webhook ${row.name} presents to its endpoint ${end}: ${toMinute(notAfter)}.`,
    describeWayOut(row, { hasNext, hasExpired: notAfter <= now }),
  ]
  return chooseAdmins(row, admins).map(({ email }) => ({
    key: `webhook-certificate-expires:${row.id}:${notAfter}:${days}:${email}`,
    organizationId: row.organization_id,
    recipient: email,
    subject: `Client certificate of webhook ${row.name} ${end}`,
    body: writeBody(lines, `${portalUrl}/o/${row.slug}/${environment}/webhooks/${row.webhook_id}`),
    cause: 'operator',
    isImportant: true,
  }))
}

function describeWayOut(
  { issuer, successor }: DueRow,
  { hasNext, hasExpired }: { hasNext: boolean; hasExpired: boolean },
): string {
  if (successor === 'rejected')
    return hasExpired
      ? 'The endpoint rejected the next one while this one was valid. Deliveries are tried without success until the endpoint trusts the CA of the next one.'
      : 'The endpoint rejected the next one in the last 24 hours, so that this one was presented. Let the endpoint trust the CA of the next one, or open the page below, and select "Use again" for this one until then. Once this one has expired, deliveries are tried without success until the endpoint trusts that CA.'
  if (hasNext)
    return hasExpired
      ? 'The next one is presented in its place.'
      : 'The next one is ready. Let the endpoint trust its CA. Then open the page below, and use it.'
  const wayOut =
    issuer === 'postern'
      ? 'Postern renews it automatically, and has not been able to so far. Tell your API provider.'
      : 'Open the page below, add a client certificate, have its CSR signed by your CA, and enter the result. Both can be used until the old one expires.'
  return hasExpired
    ? `Deliveries are tried without success until the webhook has a valid one. ${wayOut}`
    : wayOut
}
