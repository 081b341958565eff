import type { Announcement } from '../shapes/announcement.ts'
import type { Email } from '../shapes/email.ts'
import type { Database, Tx } from '../storage/database.ts'
import { callerMs, findCallers } from './caller-store.ts'
import type { ToldCertificate } from './choose-recipients.ts'
import {
  type ExpiringCertificate,
  type ExpiryLetter,
  type LetterPlace,
  maxDescribed,
  writeExpiryLetter,
} from './expiry-letters.ts'
import { type DuePlan, findWaitingReplacements, inParts } from './plan-row-store.ts'
import type { Recipient } from './recipient-roles.ts'
import type { FindRecipients } from './recipient-store.ts'

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

/** A certificate, and the step of which somebody is told. */
export type Told = DuePlan & Pick<ToldCertificate, 'lost'> & { told: { days: number; at: number } }

/** Returns who is told of each certificate, by its ID. */
export const findAllRecipients = (
  tx: Tx,
  { findRecipients }: ExpiryDependencies,
  { organizationId, now }: { organizationId: string; now: number },
  told: readonly Told[],
): Promise<Map<string, Recipient[]>> =>
  told.length === 0
    ? Promise.resolve(new Map())
    : findRecipients(
        tx,
        organizationId,
        told.map(({ id, contacts, submitter, lost, told: { days } }) => ({
          ...{ id, days, contacts, submitter },
          ...(lost && { lost }),
        })),
        now,
      )

/** Queues one letter to each recipient about all of its certificates. */
export async function writeLetters(
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
  const replacements = await findWaitingReplacements(tx, organizationId, ids, now)
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
