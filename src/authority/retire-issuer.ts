import type { Clock } from '../clock.ts'
import type { Retirement, RetirementView } from '../contract/authority.ts'
import { PosternError } from '../errors.ts'
import type { Actor } from '../shapes/actor.ts'
import { type RetirementStage, writeRetirementEmails } from './retirement-emails.ts'
import type { RetirementStore } from './retirement-store.ts'

const day = 86_400_000
/** How many days before the date owners of the issuer's certificates are reminded. */
const reminders: [RetirementStage, number][] = [
  ['in 14 days', 14 * day],
  ['tomorrow', day],
]

/** The dependencies of a retirement. */
export interface RetireDependencies {
  retirements: RetirementStore
  clock: Clock
  portalUrl: string
}

/**
 * Sets the time from which the gateways deny the certificates of an issuing CA, moves it, or removes it if it
 * is null. A dry run only reports which certificates would stop working. Throws `not_found`,
 * `issuer_still_signs`, `bad_request` for a date in the past, and `conflict` if the number of affected
 * certificates differs from `expectedCount`.
 */
export async function retireIssuer(
  { retirements, clock, portalUrl }: RetireDependencies,
  actor: Actor,
  issuerId: string,
  { retiresAt: text, dryRun = false, expectedCount }: Retirement,
): Promise<RetirementView> {
  const now = clock.now()
  if (text === null) {
    if (!dryRun) await retirements.set(issuerId, null, [], { actor, now })
    return { issuerId, retiresAt: null, applied: !dryRun, affectedCertificates: 0, organizations: [] }
  }
  const retiresAt = Date.parse(text)
  if (retiresAt <= now) {
    throw new PosternError(
      'bad_request',
      'The date on which the issuing CA retires is over. Name one to come.',
    )
  }
  const found = await retirements.count(issuerId, retiresAt)
  const view = { issuerId, retiresAt: text, ...found }
  if (dryRun) return { ...view, applied: false }
  if (expectedCount !== found.affectedCertificates) {
    throw new PosternError(
      'conflict',
      `${found.affectedCertificates} certificates would stop on that date, not ${expectedCount}. Nothing was set. Look at them again.`,
    )
  }
  const stopping = await retirements.list(issuerId, retiresAt)
  const emails = writeRetirementEmails({ issuerId, retiresAt, portalUrl }, 'set', stopping)
  await retirements.set(issuerId, retiresAt, emails, { actor, now })
  return { ...view, applied: true }
}

/**
 * Reminds the recipients of all certificates that stop working soon because their issuer is retired, once for
 * each date.
 */
export async function remindOfRetirements({
  retirements,
  clock,
  portalUrl,
}: RetireDependencies): Promise<void> {
  const now = clock.now()
  for (const [stage, ahead] of reminders)
    for (const { id: issuerId, retiresAt } of await retirements.listRetiring(now, now + ahead)) {
      const stopping = await retirements.list(issuerId, retiresAt)
      const emails = writeRetirementEmails({ issuerId, retiresAt, portalUrl }, stage, stopping)
      if (emails.length > 0) await retirements.remind(emails, now)
    }
}
