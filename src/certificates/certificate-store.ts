import { enqueueJob } from '../jobs/job-store.ts'
import type { RevocationReason } from '../pki/status/revocation-reason.ts'
import type { Act } from '../shapes/act.ts'
import { type Actor, toActorRef } from '../shapes/actor.ts'
import type { Email } from '../shapes/email.ts'
import { endedBefore } from '../shapes/moment.ts'
import type { Database, Tx } from '../storage/database.ts'
import { prepareQuery } from '../storage/prepare-query.ts'
import type { CertificateRow } from '../storage/tables/certificate-tables.ts'
import {
  type Certificate,
  type Details,
  draftLifetimeMs,
  findListName,
  type KeyKind,
  type SubjectDetails,
  statusAt,
  wrongState,
} from './certificate.ts'
import { graceMs, publishListJob } from './certificate-jobs.ts'
import { assertCertificatesBelow } from './certificate-limit-store.ts'
import {
  certificateNotFound,
  changeRow,
  findCertificate,
  freedKey,
  getSearchText,
  lockCertificate,
  recordStep,
  toCertificate,
  transitionCertificate,
} from './certificate-row-store.ts'
import { findGone, findResponsible } from './responsible-user-store.ts'
import { type Submission, takeRequest } from './take-request-store.ts'

/** Queues emails in the transaction that causes them. */
export type WriteEmails = (tx: Tx, emails: readonly Email[], now: number) => Promise<void>

/** A change of a certificate's details; absent fields stay unchanged. */
export type DetailsChange = { [Field in keyof Details]?: Details[Field] | undefined } & {
  subject?: SubjectDetails | undefined
  keyKind?: KeyKind | undefined
}

/** Returns the new responsible user of a certificate whose owner is gone, if the change names an owner or contacts. */
async function takeOver(
  tx: Tx,
  { organizationId, responsibleUserId, owner, contacts }: Certificate,
  changed: DetailsChange,
  actor: Actor,
): Promise<{ responsible_user_id?: string | null }> {
  const isNamed =
    (changed.owner !== undefined && changed.owner !== owner) ||
    (changed.contacts !== undefined && String(changed.contacts) !== String(contacts))
  if (!isNamed || (await findGone(tx, organizationId, [responsibleUserId])).size === 0) return {}
  return { responsible_user_id: await findResponsible(tx, actor) }
}

const selectSuccessor = prepareQuery((queries, values: { organizationId: string; id: string }) =>
  queries
    .selectFrom('certificates')
    .selectAll()
    .where('organization_id', '=', values.organizationId)
    .where('replaces_id', '=', values.id)
    .where('status', 'not in', ['rejected', 'cancelled'])
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1),
)

/**
 * Creates the store of the certificates of an organization, from draft to revocation. Every query names the
 * organization.
 */
export function createCertificateStore(database: Database, writeEmails: WriteEmails) {
  const { queries } = database

  const get = async (organizationId: string, id: string): Promise<Certificate> => {
    const certificate = await findCertificate(queries, organizationId, id)
    if (certificate === undefined) throw certificateNotFound()
    return certificate
  }
  /** Runs `work` on the locked certificate and returns the updated certificate. */
  const change = async (
    organizationId: string,
    id: string,
    work: (tx: Tx, certificate: Certificate) => Promise<Certificate>,
  ): Promise<Certificate> =>
    database.transaction(async (tx) => work(tx, await lockCertificate(tx, organizationId, id)))

  return {
    get,

    /** Returns the certificate that it replaces, and its latest replacement that is not canceled. */
    async findLineage({ id, organizationId, replacesId }: Certificate) {
      const [successor] = await selectSuccessor(queries, { organizationId, id })
      return {
        replaces:
          replacesId === null ? undefined : await findCertificate(queries, organizationId, replacesId),
        replacedBy: successor && toCertificate(successor),
      }
    },

    /** Finds what its own CA says of a revoked, externally issued certificate; `since` in milliseconds since 1970. */
    async findRevocationByIssuer(
      id: string,
    ): Promise<{ issuer: string; since: number; authority: string | null } | undefined> {
      const row = await queries
        .selectFrom('external_statuses')
        .select(['revoked_at', 'revoked_by', 'revoked_subject'])
        .where('certificate_id', '=', id)
        .executeTakeFirst()
      if (row === undefined || row.revoked_at === null) return undefined
      return { issuer: row.revoked_by ?? '', since: row.revoked_at, authority: row.revoked_subject }
    },

    /** Returns which of the users who are responsible for certificates are no longer active members. */
    findGone: (organizationId: string, responsible: readonly (string | null)[]) =>
      findGone(queries, organizationId, responsible),

    /**
     * Changes details. Who names another owner or contacts of a certificate whose owner is gone takes it over. Throws
     * `certificate_wrong_state` for subject and key kind unless the certificate is a draft.
     */
    async update(
      organizationId: string,
      id: string,
      changed: DetailsChange,
      { actor, now }: Act,
    ): Promise<Certificate> {
      return change(organizationId, id, async (tx, certificate) => {
        const draftOnly = changed.subject !== undefined || changed.keyKind !== undefined
        if (draftOnly && certificate.status !== 'draft')
          throw wrongState(certificate.name, statusAt(certificate, now))
        const values = toValues(changed, certificate)
        if (Object.keys(values).length === 0) return certificate
        const given = Object.entries(changed).filter(([, value]) => value !== undefined)
        const before = given.map(([field]) => [field, certificate[field as keyof DetailsChange]])
        const both = { before: Object.fromEntries(before), after: Object.fromEntries(given) }
        await recordStep(tx, certificate, { actor, action: 'certificate.updated', ...both }, now)
        // A draft that is worked on is not abandoned.
        const more = certificate.status === 'draft' ? { draft_ends_at: now + draftLifetimeMs } : {}
        const taken = await takeOver(tx, certificate, changed, actor)
        return changeRow(tx, id, { ...values, ...more, ...taken })
      })
    },

    /**
     * Stores a request. Throws `certificate_wrong_state`, `certificate_limit_reached`, `certificate_rate_exceeded`,
     * `key_already_used` or `key_revoked`.
     */
    submit(organizationId: string, id: string, submission: Submission, act: Act): Promise<Certificate> {
      return change(organizationId, id, async (tx, certificate) => {
        if (certificate.status === 'draft')
          await assertCertificatesBelow(tx, certificate, submission.maxCertificates, act.now)
        return takeRequest(tx, certificate, submission, act)
      })
    },

    /** Gives up a draft or a request for which nothing is to be signed yet, or a registration that waits; its key is free again. */
    async cancel(organizationId: string, id: string, { actor, now }: Act): Promise<Certificate> {
      return change(organizationId, id, async (tx, certificate) => {
        // What is to be signed may have been signed: it is issued, and can be revoked then.
        if (certificate.toBeSigned !== null) throw wrongState(certificate.name, statusAt(certificate, now))
        const step = { actor, action: 'certificate.cancelled' }
        return transitionCertificate(tx, certificate, { status: 'cancelled', values: freedKey, step }, now)
      })
    },

    /** Lists the other valid certificates of the key: renewals of the certificate, and those it renews. */
    async listWithSameKey({ id, organizationId }: Certificate, now: number): Promise<Certificate[]> {
      const rows = await queries
        .selectFrom('certificates')
        .selectAll()
        .where('organization_id', '=', organizationId)
        .where('spki_sha256', '=', (e) =>
          e.selectFrom('certificates as one').select('one.spki_sha256').where('one.id', '=', id),
        )
        .where('status', '=', 'issued')
        .where('not_after', '>', endedBefore(now))
        .where('id', '!=', id)
        .execute()
      return rows.map(toCertificate)
    },

    /**
     * Revokes permanently, with `others` of the organization that are still valid, and schedules new CRLs: all in one
     * transaction, in which `record` is called too. Throws `certificate_wrong_state`.
     */
    async revoke(
      organizationId: string,
      id: string,
      { reason, letters: emails, others = [], record }: Revoking,
      act: Act,
    ): Promise<Certificate> {
      return database.transaction(async (tx) => {
        const revoked = await revokeOne(
          tx,
          await lockCertificate(tx, organizationId, id),
          { reason, emails },
          act,
        )
        for (const other of others) {
          const found = await lockCertificate(tx, organizationId, other.id)
          if (statusAt(found, act.now) === 'issued')
            await revokeOne(tx, found, { reason, emails: other.letters }, act)
        }
        await record?.(tx)
        return revoked
      })
    },
  }

  async function revokeOne(
    tx: Tx,
    certificate: Certificate,
    { reason, emails }: { reason: RevocationReason; emails: readonly Email[] },
    { actor, now }: Act,
  ): Promise<Certificate> {
    const values = {
      revoked_at: now,
      revoked_by: actor.name,
      revoked_by_ref: toActorRef(actor),
      revocation_reason: reason,
    }
    const step = { actor, action: 'certificate.revoked', after: { reason } }
    const revoked = await transitionCertificate(tx, certificate, { status: 'revoked', values, step }, now)
    const list = findListName(certificate)
    if (list !== undefined)
      await enqueueJob(tx, { kind: publishListJob, key: list, owner: null }, now + graceMs, now)
    await writeEmails(tx, emails, now)
    return revoked
  }
}

/** A revocation: its reason, and the emails about it. */
export interface Revoking {
  reason: RevocationReason
  letters: readonly Email[]
  /** Further certificates that are revoked with it. */
  others?: readonly { id: string; letters: readonly Email[] }[]
  record?(tx: Tx): Promise<void>
}

export type CertificateStore = ReturnType<typeof createCertificateStore>

function toValues(changed: DetailsChange, certificate: Certificate): Partial<CertificateRow> {
  const { description, owner, relatedService, rotationPolicy, contacts, subject, keyKind } = changed
  return {
    ...(description !== undefined && {
      description,
      search_text: getSearchText({ ...certificate, description }),
    }),
    ...(owner !== undefined && { owner }),
    ...(relatedService !== undefined && { related_service: relatedService }),
    ...(rotationPolicy !== undefined && { rotation_policy: rotationPolicy }),
    ...(contacts !== undefined && { contacts: JSON.stringify(contacts) }),
    ...(subject !== undefined && {
      organization_name: subject.organizationName,
      country: subject.country,
      state: subject.state,
    }),
    ...(keyKind !== undefined && { key_kind: keyKind }),
  }
}
