import { sql } from 'kysely'
import { recordAudit } from '../audit/record-audit.ts'
import type { Actor } from '../shapes/actor.ts'
import type { Email } from '../shapes/email.ts'
import { endedBefore, toText } from '../shapes/moment.ts'
import { acceptedReplacement } from '../storage/accepted-replacement.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { createPaging, cursorParts, type Page } from '../storage/page.ts'
import { selectMerged } from '../storage/select-merged.ts'
import { deleteOver } from './delete-over-store.ts'
import type { OverlapHold } from './overlap.ts'

type WriteEmails = (tx: Tx, emails: readonly Email[], now: number) => Promise<void>

/** An environment, and the time at which a replacement must have been accepted for its overlap to be over. */
export interface EndedOverlaps {
  environment: string
  acceptedBefore: number
}

/** A certificate whose overlap with its replacement is over, and that is still valid. */
export interface OverdueCertificate {
  id: string
  environment: string
  replacedAt: number
  organization: { id: string; slug: string; legalName: string }
}

/** What a certificate is held for. Times are milliseconds since 1970. */
interface Holding {
  endsAt: number
  verdict: string
  emails: readonly Email[]
  actor: Actor
  now: number
}

const paging = createPaging('overdue-rotations', [cursorParts.number, cursorParts.name])

/** Creates the store of overlaps that are over. */
export function createOverlapStore(database: Database, writeEmails: WriteEmails) {
  const { queries, aside } = database

  return {
    /** Returns for which of these certificates the end of the overlap is postponed. */
    async list(ids: readonly string[]): Promise<Map<string, OverlapHold>> {
      if (ids.length === 0) return new Map()
      const rows = await queries
        .selectFrom('overlap_holds')
        .selectAll()
        .where('certificate_id', 'in', ids)
        .execute()
      return new Map(rows.map((row) => [row.certificate_id, { endsAt: row.ends_at, since: row.since }]))
    },

    /** Lists the certificates of all organizations whose overlap is over, the earliest replaced first. */
    async listOverdue(
      ended: readonly EndedOverlaps[],
      { cursor, limit, now }: { cursor?: string | undefined; limit: number; now: number },
    ): Promise<Page<OverdueCertificate>> {
      const [first, ...others] = ended
      const from = paging.findPosition(cursor)
      const rows =
        first === undefined
          ? []
          : await selectOverdue(aside, [first, ...others], { from, limit, now }).execute()
      return paging.toPage(
        rows,
        limit,
        (row) => [row.replaced_at ?? 0, row.id],
        ({ id, environment, replaced_at, organization_id, slug, legal_name }) => ({
          ...{ id, environment, replacedAt: replaced_at ?? 0 },
          organization: { id: organization_id, slug, legalName: legal_name },
        }),
      )
    },

    /** Notes once for each end of an overlap that the certificate is not retired at it, with the emails about it. */
    async hold(
      { id, organizationId }: { id: string; organizationId: string },
      { endsAt, verdict, emails, actor, now }: Holding,
    ): Promise<void> {
      await database.transaction(async (tx) => {
        const values = { ends_at: endsAt, since: now }
        const written = await tx
          .insertInto('overlap_holds')
          .columns(['certificate_id', 'ends_at', 'since'])
          .expression(
            tx
              .selectFrom('certificates')
              .select([
                'id',
                sql<number>`cast(${endsAt} as bigint)`.as('end'),
                sql<number>`cast(${now} as bigint)`.as('now'),
              ])
              .where('id', '=', id)
              .where('status', '=', 'issued'),
          )
          .onConflict((conflict) =>
            conflict.column('certificate_id').doUpdateSet(values).where('overlap_holds.ends_at', '<', endsAt),
          )
          .returning('certificate_id')
          .executeTakeFirst()
        if (written === undefined) return
        await writeEmails(tx, emails, now)
        await recordAudit(
          tx,
          {
            ...{ actor, action: 'certificate.retirement_held', organizationId },
            ...{ subjectKind: 'certificate', subjectId: id },
            after: { retireAt: toText(endsAt), verdict },
          },
          now,
        )
      })
    },

    /** Deletes what is noted of certificates that are not valid any more. */
    deleteOver: (now: number): Promise<void> => deleteOver(queries, 'overlap_holds', now),
  }
}

export type OverlapStore = ReturnType<typeof createOverlapStore>

/** Selects the valid certificates whose replacement was accepted long enough ago, by an index of those that have one. */
export function selectOverdue(
  queries: Queries,
  ended: readonly [EndedOverlaps, ...EndedOverlaps[]],
  { from, limit, now }: { from: readonly [number, string] | undefined; limit: number; now: number },
) {
  const select = ({ environment, acceptedBefore }: EndedOverlaps) =>
    queries
      .selectFrom('certificates')
      .innerJoin('organizations', 'organizations.id', 'certificates.organization_id')
      .select([
        'certificates.id as id',
        'certificates.environment as environment',
        'certificates.organization_id as organization_id',
        'certificates.replaced_at as replaced_at',
        'organizations.slug as slug',
        'organizations.legal_name as legal_name',
      ])
      // Literals and no parameters: SQLite uses the partial index only for them.
      .where('certificates.status', '=', sql.lit('issued'))
      .where('certificates.environment', '=', environment)
      .where('certificates.replaced_at', 'is not', null)
      .where('certificates.replaced_at', '<=', acceptedBefore)
      .where('certificates.not_after', '>', endedBefore(now))
      .where(sql<boolean>`${acceptedReplacement(now)} <= ${acceptedBefore}`)
      .$if(from !== undefined, (rest) =>
        rest.where(
          sql<boolean>`(certificates.replaced_at, certificates.id) > (${from?.[0] ?? 0}, ${from?.[1] ?? ''})`,
        ),
      )
      .orderBy(sql`replaced_at`)
      .orderBy(sql`id`)
      .limit(limit + 1)
  const [first, ...others] = ended
  return selectMerged(queries, [select(first), ...others.map(select)], (merged) =>
    merged
      .orderBy(sql`replaced_at`)
      .orderBy(sql`id`)
      .limit(limit + 1),
  )
}
