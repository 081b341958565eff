import type { OrganizationStatus } from '../contract/organization.ts'
import { enqueueJob, removeJob } from '../jobs/job-store.ts'
import type { Act } from '../shapes/act.ts'
import { systemActor, toActorRef } from '../shapes/actor.ts'
import type { Email } from '../shapes/email.ts'
import type { Database, Tx } from '../storage/database.ts'
import { createPaging, cursorParts, type Page } from '../storage/page.ts'
import { type Certificate, statusAt, wrongState } from './certificate.ts'
import { graceMs, issueJob } from './certificate-jobs.ts'
import {
  certificateNotFound,
  changeRow,
  findCertificate,
  freedKey,
  lockCertificate,
  recordStep,
  recordToBeSigned,
  type ToBeSigned,
  toCertificate,
  toSearchText,
  toTbsColumns,
  transitionCertificate,
} from './certificate-row-store.ts'
import type { WriteEmails } from './certificate-store.ts'
import { putInForce } from './registered-row-store.ts'

/** The signed certificate. */
export type Issued = NonNullable<Certificate['issued']>

/** A certificate with its organization. */
export interface OwnedCertificate {
  certificate: Certificate
  organization: { slug: string; legalName: string }
}

/** A certificate that may be issued if its organization is active. */
interface IssuableCertificate extends OwnedCertificate {
  organization: OwnedCertificate['organization'] & { status: OrganizationStatus }
}

const paging = createPaging('approvals', [cursorParts.number, cursorParts.name])

/** Creates the store of certificates for the worker and the operators, across all organizations. */
export function createIssuanceStore(database: Database, writeEmails: WriteEmails) {
  const { queries } = database

  /** Requests that wait for a decision: not decided yet, nothing to be signed, no job that issues. */
  const selectWaiting = () =>
    queries
      .selectFrom('certificates')
      .selectAll('certificates')
      .where('certificates.status', '=', 'pending')
      .where('tbs_der', 'is', null)
      .where('decided_at', 'is', null)
      .where((e) =>
        e.not(
          e.exists(
            e
              .selectFrom('jobs')
              .select('jobs.id')
              .where('jobs.kind', '=', issueJob)
              .whereRef('jobs.key', '=', 'certificates.id'),
          ),
        ),
      )

  /** Returns a certificate with its organization. Throws `not_found`. */
  const get = async (id: string): Promise<IssuableCertificate> => {
    const certificate = await findCertificate(queries, null, id)
    if (certificate === undefined) throw certificateNotFound()
    const organization = await queries
      .selectFrom('organizations')
      .select(['slug', 'legal_name', 'status'])
      .where('id', '=', certificate.organizationId)
      .executeTakeFirstOrThrow()
    return {
      certificate,
      organization: {
        slug: organization.slug,
        legalName: organization.legal_name,
        status: organization.status,
      },
    }
  }

  return {
    get,

    /**
     * Returns a certificate that waits for a decision or had one, with its organization. Throws `not_found` for
     * any other.
     */
    async getApproval(id: string): Promise<OwnedCertificate> {
      const owned = await get(id)
      if (owned.certificate.decision !== null) return owned
      const waiting = await selectWaiting().where('certificates.id', '=', id).executeTakeFirst()
      if (waiting === undefined) throw certificateNotFound()
      return owned
    },

    /** Keeps what is to be signed and gives the one that counts: where there is one already, that one. */
    async saveToBeSigned(id: string, next: ToBeSigned, now: number): Promise<ToBeSigned | undefined> {
      return database.transaction(async (tx) => {
        const certificate = await lockCertificate(tx, null, id)
        if (certificate.status !== 'pending' || certificate.toBeSigned !== null)
          return certificate.toBeSigned ?? undefined
        await recordToBeSigned(tx, await changeRow(tx, id, toTbsColumns(next)), next, now)
        return next
      })
    },

    /**
     * Stores the signed certificate with its emails, and returns the updated certificate; a concurrent
     * process may have stored it first.
     */
    async markIssued(
      id: string,
      issued: Issued,
      emails: readonly Email[],
      now: number,
    ): Promise<Certificate> {
      return database.transaction(async (tx) => {
        const certificate = await lockCertificate(tx, null, id)
        if (certificate.status !== 'pending' || certificate.toBeSigned === null) return certificate
        const { name, description, toBeSigned } = certificate
        const { fingerprintSha256, notBefore, notAfter } = issued
        const values = {
          certificate_der: issued.der,
          fingerprint_sha256: fingerprintSha256,
          not_before: notBefore,
          not_after: notAfter,
          issued_at: issued.issuedAt,
          search_text: toSearchText(name, description, toBeSigned.serialNumber, fingerprintSha256),
        }
        const after = { serialNumber: toBeSigned.serialNumber, fingerprintSha256 }
        const step = { actor: systemActor('issuance'), action: 'certificate.issued', after }
        await removeJob(tx, issueJob, id)
        await writeEmails(tx, emails, now)
        return transitionCertificate(tx, certificate, { status: 'issued', values, step }, now)
      })
    },

    /**
     * Activates a registered certificate that an operator has approved, and returns the updated certificate.
     */
    async markRegistered(id: string, emails: readonly Email[], now: number): Promise<Certificate> {
      return database.transaction(async (tx) => {
        const certificate = await lockCertificate(tx, null, id)
        if (certificate.status !== 'pending' || certificate.decision?.approved !== true) return certificate
        await removeJob(tx, issueJob, id)
        await writeEmails(tx, emails, now)
        return putInForce(tx, certificate, { actor: systemActor('issuance'), now })
      })
    },

    /** Certificates that are to be signed and not issued: what a crash leaves behind. */
    async listToBeSigned(): Promise<string[]> {
      const rows = await queries
        .selectFrom('certificates')
        .select('id')
        .where('status', '=', 'pending')
        .where('tbs_der', 'is not', null)
        .orderBy('submitted_at')
        .execute()
      return rows.map((row) => row.id)
    },

    /** Lists requests that wait for a decision, oldest first. */
    async listWaiting({
      cursor,
      limit,
    }: {
      cursor?: string | undefined
      limit: number
    }): Promise<Page<OwnedCertificate>> {
      let query = selectWaiting()
        .innerJoin('organizations', 'organizations.id', 'certificates.organization_id')
        .select(['organizations.slug', 'organizations.legal_name'])
        .orderBy('submitted_at')
        .orderBy('certificates.id')
        .limit(limit + 1)
      const from = paging.findPosition(cursor)
      if (from !== undefined)
        query = query.where((e) => e(e.refTuple('submitted_at', 'certificates.id'), '>', e.tuple(...from)))
      return paging.toPage(
        await query.execute(),
        limit,
        (row) => [Number(row.submitted_at), row.id],
        (row) => ({
          certificate: toCertificate(row),
          organization: { slug: row.slug, legalName: row.legal_name },
        }),
      )
    },

    /**
     * Records a decision: an approved certificate is issued; a rejected one is final and its key can be used
     * again.
     */
    async decide(
      id: string,
      { approve, reason, seal }: { approve: boolean; reason: string; seal: Uint8Array | null },
      emails: readonly Email[],
      { actor, now }: Act,
    ): Promise<void> {
      const decided = {
        decided_at: now,
        decided_by: actor.name,
        decided_by_ref: toActorRef(actor),
        approved: approve ? 1 : 0,
        decision_reason: reason,
        decision_seal: seal,
      }
      await database.transaction(async (tx) => {
        const certificate = await lockCertificate(tx, null, id)
        await assertWaiting(tx, certificate, now)
        if (!approve) {
          const step = { actor, action: 'certificate.rejected', after: { reason } }
          await writeEmails(tx, emails, now)
          const values = { ...decided, ...freedKey }
          await transitionCertificate(tx, certificate, { status: 'rejected', values, step }, now)
          return
        }
        await tx.updateTable('certificates').set(decided).where('id', '=', id).execute()
        await recordStep(tx, certificate, { actor, action: 'certificate.approved', after: { reason } }, now)
        await enqueueJob(
          tx,
          { kind: issueJob, key: id, owner: certificate.organizationId },
          now + graceMs,
          now,
        )
      })
    },
  }
}

export type IssuanceStore = ReturnType<typeof createIssuanceStore>

async function assertWaiting(tx: Tx, certificate: Certificate, now: number): Promise<void> {
  const { id, name, status, toBeSigned, decision } = certificate
  const job = await tx
    .selectFrom('jobs')
    .select('id')
    .where('kind', '=', issueJob)
    .where('key', '=', id)
    .executeTakeFirst()
  if (status === 'pending' && toBeSigned === null && decision === null && job === undefined) return
  throw wrongState(name, statusAt(certificate, now))
}
