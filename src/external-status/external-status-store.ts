import { sql } from 'kysely'
import type { RevocationReason } from '../pki/status/revocation-reason.ts'
import { endedBefore } from '../shapes/moment.ts'
import { awaitExternalStatuses } from '../storage/await-external-status.ts'
import { recordChange } from '../storage/change-log.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import type { DescribedLink, Description, StoredChain } from './describe-sources.ts'
import { askedAgainMs } from './external-check-store.ts'

/** What a CA says of a revoked certificate. */
export interface Finding {
  /** Since when, as the CA says. */
  at: number
  reason: RevocationReason
  by: string
  /** The subject of the revoked CA above the certificate; null if it is the certificate itself. */
  subject: string | null
}

const maxDescribed = 100
/** How many certificates are looked through at a time for those that nothing waits for. */
const awaitedPage = 2000
/** How many certificates one transaction has wait, or forgets: all other changes wait for its end. */
export const changedAtOnce = 100
/** Creates the store of which registered certificates other CAs are asked about, and of what they say of them. */
export function createExternalStatusStore(database: Database) {
  const { queries, aside } = database

  return {
    /** Lists the trusted issuers. */
    async listIssuers(): Promise<{ id: string; environment: string; der: Uint8Array }[]> {
      const rows = await queries
        .selectFrom('issuers')
        .select(['id', 'environment', 'certificate_der'])
        .where('kind', '=', 'foreign')
        .execute()
      return rows.map((row) => ({
        id: row.id,
        environment: row.environment ?? '',
        der: new Uint8Array(row.certificate_der),
      }))
    },

    /**
     * Has the next certificates below these trusted issuers wait that do not: they were registered before their CA was to
     * be asked. Returns where to go on; undefined at the end.
     */
    async awaitMissing(
      issuerIds: readonly string[],
      after: string,
      now: number,
    ): Promise<string | undefined> {
      if (issuerIds.length === 0) return undefined
      const rows = await selectExternal(aside, after).execute()
      const asked = new Set(issuerIds)
      const missing = rows
        .filter(
          ({ status, issuer_id: issuerId, not_after: notAfter, described }) =>
            described === null &&
            status === 'issued' &&
            asked.has(issuerId ?? '') &&
            (notAfter ?? 0) > endedBefore(now),
        )
        .map(({ id }) => id)
      for (let from = 0; from < missing.length; from += changedAtOnce)
        await database.transaction((tx) =>
          awaitExternalStatuses(tx, missing.slice(from, from + changedAtOnce), now),
        )
      return rows.length < awaitedPage ? undefined : rows.at(-1)?.id
    },

    /** Lists valid certificates below these trusted issuers of which is not known yet what to ask, at most 100. */
    async listUndescribed(
      issuers: readonly { id: string; der: Uint8Array }[],
      now: number,
    ): Promise<StoredChain[]> {
      if (issuers.length === 0) return []
      const ders = new Map(issuers.map(({ id, der }) => [id, der]))
      const rows = await selectUndescribed(queries, [...ders.keys()], now).execute()
      return rows.map((row) => ({
        certificateId: row.id,
        organizationId: row.organization_id,
        issuerId: row.issuer_id ?? '',
        der: new Uint8Array(row.certificate_der ?? []),
        chain: row.foreign_chain ?? '',
        issuerDer: ders.get(row.issuer_id ?? '') ?? new Uint8Array(),
      }))
    },

    /** Stores what is to be asked about a certificate; a second time it changes nothing. */
    async describe(certificateId: string, { links, isAskable }: Description, now: number): Promise<void> {
      const expected = new Set(links.map(({ check }) => check.id)).size
      await database.transaction(async (tx) => {
        const described = await tx
          .updateTable('external_statuses')
          .set({ is_awaited: 0, expected_links: expected, is_askable: isAskable ? 1 : 0 })
          .where('certificate_id', '=', certificateId)
          .where('is_awaited', '=', sql.lit(1))
          .returning('certificate_id')
          .executeTakeFirst()
        if (described === undefined) return
        for (const link of links) await insertLink(tx, certificateId, link, now)
        await recordChange(tx, 'external-status', certificateId, now)
      })
    },

    /** Stores that its CA has revoked a certificate, in the transaction that revokes it here. */
    async noteRevoked(tx: Tx, certificateId: string, { at, reason, by, subject }: Finding, now: number) {
      await tx
        .updateTable('external_statuses')
        .set({ revoked_at: at, revoked_reason: reason, revoked_by: by, revoked_subject: subject })
        .where('certificate_id', '=', certificateId)
        .execute()
      await recordChange(tx, 'external-status', certificateId, now)
    },

    /**
     * Deletes what is asked about certificates that have ended, and what is asked about none. Gateways forget it by
     * themselves.
     */
    async forgetEnded(now: number): Promise<void> {
      await database.transaction(async (tx) => {
        const external = tx.selectFrom('certificates').select('id').where('source', '<>', sql.lit('postern'))
        const ended = external.where((e) =>
          e.or([e('status', '<>', 'issued'), e('not_after', '<', now - askedAgainMs)]),
        )
        await tx.deleteFrom('external_links').where('certificate_id', 'in', ended).execute()
        // What a clock ahead took for ended is described anew: without links it would not be asked about.
        const unended = ended.where('status', '=', 'issued')
        await tx.deleteFrom('external_statuses').where('certificate_id', 'in', unended).execute()
        await deleteIdle(tx).execute()
        await tx
          .deleteFrom('external_checks')
          .where('id', 'not in', (e) => e.selectFrom('external_links').select('check_id'))
          .execute()
      })
    },

    /**
     * Deletes all that is known of up to 100 certificates below issuers that are not asked, and tells gateways; returns
     * how many these were.
     */
    async forgetUnasked(issuerIds: readonly string[], now: number): Promise<number> {
      return database.transaction(async (tx) => {
        const unasked = await tx
          .selectFrom('external_statuses')
          .innerJoin('certificates', 'certificates.id', 'external_statuses.certificate_id')
          .select('certificate_id')
          .where('certificates.status', '=', 'issued')
          .where((e) => (issuerIds.length === 0 ? e.lit(true) : e('issuer_id', 'not in', issuerIds)))
          .limit(changedAtOnce)
          .execute()
        const ids = unasked.map((row) => row.certificate_id)
        if (ids.length === 0) return 0
        await tx.deleteFrom('external_links').where('certificate_id', 'in', ids).execute()
        await tx.deleteFrom('external_statuses').where('certificate_id', 'in', ids).execute()
        for (const id of ids) await recordChange(tx, 'external-status', id, now)
        return ids.length
      })
    },
  }
}

export type ExternalStatusStore = ReturnType<typeof createExternalStatusStore>

/** Selects the next certificates from other CAs, with whether they have a status. */
export const selectExternal = (from: Queries, after: string) =>
  from
    .selectFrom('certificates')
    .leftJoin('external_statuses', 'external_statuses.certificate_id', 'certificates.id')
    .select(['id', 'certificates.status', 'issuer_id', 'not_after', 'certificate_id as described'])
    // A literal and no parameter: SQLite uses the partial index only for it.
    .where('source', '<>', sql.lit('postern'))
    .where('id', '>', after)
    .orderBy('id')
    .limit(awaitedPage)

/** Selects the valid certificates below these issuers that wait until it is known what to ask. */
export const selectUndescribed = (from: Queries, issuerIds: readonly string[], now: number) =>
  from
    .selectFrom('external_statuses')
    // SQLite keeps this order: without statistics it would begin with all certificates of the issuers.
    .crossJoin('certificates')
    .select(['id', 'organization_id', 'issuer_id', 'certificate_der', 'foreign_chain'])
    .whereRef('certificates.id', '=', 'external_statuses.certificate_id')
    .where('is_awaited', '=', sql.lit(1))
    .where('certificates.status', '=', 'issued')
    .where('not_after', '>', endedBefore(now))
    .where('issuer_id', 'in', issuerIds)
    .orderBy('certificate_id')
    .limit(maxDescribed)

/** Deletes what waits for certificates that were revoked before it was read what to ask. */
export const deleteIdle = (from: Queries) =>
  from
    .deleteFrom('external_statuses')
    .where('is_awaited', '=', sql.lit(1))
    .where('revoked_at', 'is', null)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('certificates')
            .select('id')
            .whereRef('id', '=', 'external_statuses.certificate_id')
            .where('status', '=', 'issued'),
        ),
      ),
    )

async function insertLink(
  tx: Tx,
  certificateId: string,
  { check, depth, serialNumber, subject }: DescribedLink,
  now: number,
): Promise<void> {
  const { id, standsBy } = check
  await tx
    .insertInto('external_checks')
    .values({
      ...{ id, issuer_id: check.issuerId, organization_id: check.organizationId, kind: check.kind },
      ...{ host: check.host, urls: JSON.stringify(check.urls), issuer: check.issuer },
      ...{ issuer_der: check.issuerDer, serial_number: check.serialNumber },
      ...{ is_of_authorities: check.isOfAuthorities ? 1 : 0, created_at: now },
      next_at: standsBy ? null : now,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  if (!standsBy)
    await tx
      .updateTable('external_checks')
      // What it has said was not looked through for this certificate.
      .set({
        next_at: sql<number>`case when asked_at is null then next_at else asked_at + ${askedAgainMs} end`,
      })
      .where('id', '=', id)
      .where((e) => e.or([e('next_at', 'is', null), e('next_at', '>', now)]))
      .where('failures', '=', 0)
      .execute()
  await tx
    .insertInto('external_links')
    .values({
      certificate_id: certificateId,
      check_id: id,
      ...{ depth, serial_number: serialNumber, subject, looked_at: null },
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}
