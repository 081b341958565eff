import { sql } from 'kysely'
import { recordAudit } from '../audit/record-audit.ts'
import { PosternError } from '../errors.ts'
import type { Act } from '../shapes/act.ts'
import { getAddresses } from '../shapes/actor-name.ts'
import type { Email } from '../shapes/email.ts'
import { endedBefore, toText } from '../shapes/moment.ts'
import { recordChange } from '../storage/change-log.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { locks, takeLock } from '../storage/lock-order.ts'

const maxOrganizations = 100

/** A certificate that stops working when its issuer is retired. Times are milliseconds since 1970. */
export interface StoppingCertificate {
  id: string
  name: string
  environment: string
  organization: { id: string; slug: string }
  /** The recipients of emails about the certificate. */
  recipients: string[]
}

type WriteEmails = (tx: Tx, emails: readonly Email[], now: number) => Promise<void>

/** Creates the store of the retirement of issuers and the affected certificates. */
export function createRetirementStore(database: Database, writeEmails: WriteEmails) {
  const { queries } = database

  return {
    /**
     * Returns the number of valid certificates that would stop working at `at`, and their organizations, the
     * largest number first.
     */
    async count(issuerId: string, at: number) {
      const stopping = selectStopping(queries, issuerId, at)
      const number = sql<number>`count(*)`
      const all = await stopping.select(number.as('number')).executeTakeFirstOrThrow()
      const organizations = await stopping
        .innerJoin('organizations', 'organizations.id', 'certificates.organization_id')
        .select(['slug', number.as('affectedCertificates')])
        .groupBy('slug')
        .orderBy('affectedCertificates', 'desc')
        .orderBy('slug')
        .limit(maxOrganizations)
        .execute()
      return {
        affectedCertificates: Number(all.number),
        organizations: organizations.map((row) => ({
          slug: row.slug,
          affectedCertificates: Number(row.affectedCertificates),
        })),
      }
    },

    /** Lists the valid certificates that would stop working at `at`. */
    async list(issuerId: string, at: number): Promise<StoppingCertificate[]> {
      const rows = await selectStopping(queries, issuerId, at)
        .innerJoin('organizations', 'organizations.id', 'certificates.organization_id')
        .select([
          'certificates.id',
          'name',
          'environment',
          'contacts',
          'submitted_by',
          'certificates.created_by',
          'organization_id',
          'slug',
        ])
        .orderBy('name')
        .execute()
      return rows.map((row) => ({
        id: row.id,
        name: row.name,
        environment: row.environment,
        organization: { id: row.organization_id, slug: row.slug },
        recipients: [
          ...(JSON.parse(row.contacts) as string[]),
          ...getAddresses(row.submitted_by ?? row.created_by),
        ],
      }))
    },

    /** Lists the issuers that are retired after `from` and no later than `to`. */
    async listRetiring(from: number, to: number): Promise<{ id: string; retiresAt: number }[]> {
      const rows = await queries
        .selectFrom('issuers')
        .select(['id', 'retires_at'])
        .where('retires_at', '>', from)
        .where('retires_at', '<=', to)
        .execute()
      return rows.map((row) => ({ id: row.id, retiresAt: row.retires_at ?? 0 }))
    },

    /**
     * Sets the retirement date of an issuer or, with null, removes it, and queues the emails about it. Throws
     * `not_found`, and `issuer_still_signs` for the issuer of new certificates.
     */
    async set(
      issuerId: string,
      retiresAt: number | null,
      emails: readonly Email[],
      { actor, now }: Act,
    ): Promise<void> {
      await database.transaction(async (tx) => {
        // The lock orders this before or after a concurrent CA rollover.
        await takeLock(tx, locks.authority)
        const row = await selectRetirement(tx, issuerId)
        if (row === undefined) throw new PosternError('not_found', 'There is no such issuing CA.')
        await assertReplaced(tx, issuerId, row.environment ?? '')
        if (row.retires_at === retiresAt) return
        await tx.updateTable('issuers').set({ retires_at: retiresAt }).where('id', '=', issuerId).execute()
        await writeEmails(tx, emails, now)
        await recordChange(tx, 'issuer', issuerId, now)
        await recordAudit(
          tx,
          {
            actor,
            action: retiresAt === null ? 'issuer.retirement_cancelled' : 'issuer.retirement_set',
            organizationId: null,
            subjectKind: 'issuer',
            subjectId: issuerId,
            before: { retiresAt: toText(row.retires_at) },
            after: { retiresAt: toText(retiresAt) },
          },
          now,
        )
      })
    },

    /** Queues reminders in the outbox; a reminder is never queued twice. */
    remind: (emails: readonly Email[], now: number): Promise<void> =>
      database.transaction((tx) => writeEmails(tx, emails, now)),
  }
}

export type RetirementStore = ReturnType<typeof createRetirementStore>

const selectRetirement = (from: Queries, issuerId: string) =>
  from
    .selectFrom('issuers')
    .select(['environment', 'retires_at'])
    .where('id', '=', issuerId)
    .where('kind', 'in', ['issuing', 'foreign'])
    .executeTakeFirst()

const selectStopping = (from: Queries, issuerId: string, at: number) =>
  from
    .selectFrom('certificates')
    .where('issuer_id', '=', issuerId)
    .where('certificates.status', '=', 'issued')
    .where('not_after', '>', endedBefore(at))

async function assertReplaced(tx: Tx, issuerId: string, environment: string): Promise<void> {
  const newest = await tx
    .selectFrom('issuers')
    .select('id')
    .where('kind', '=', 'issuing')
    .where('environment', '=', environment)
    .orderBy('created_at', 'desc')
    .executeTakeFirst()
  if (newest?.id !== issuerId) return
  throw new PosternError(
    'issuer_still_signs',
    'New certificates come from this issuing CA. Make a new one for the environment first, then set when this one retires.',
  )
}
