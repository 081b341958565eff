import { createHash } from 'node:crypto'
import { PosternError } from '../errors.ts'
import { enqueueJob } from '../jobs/job-store.ts'
import type { RevocationReason } from '../pki/status/revocation-reason.ts'
import type { Act } from '../shapes/act.ts'
import type { Letter } from '../shapes/letter.ts'
import { endedBefore } from '../shapes/moment.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { isUniqueViolation } from '../storage/engine.ts'
import { prepareQuery } from '../storage/prepare-query.ts'
import type { CertificateRow } from '../storage/tables/certificate-tables.ts'
import {
  type Certificate,
  type Details,
  findListName,
  type KeyKind,
  type SubjectDetails,
  statusAt,
  wrongState,
} from './certificate.ts'
import { graceMilliseconds, issueJob, publishListJob } from './certificate-jobs.ts'
import {
  certificateNotFound,
  changeRow,
  findCertificate,
  freedKey,
  lockCertificate,
  moveCertificate,
  recordStep,
  recordToBeSigned,
  searchTextOf,
  type ToBeSigned,
  toCertificate,
  toTbsColumns,
} from './certificate-row-store.ts'
import { spendCertificate } from './hourly-budget-store.ts'

/** Puts letters into the transaction that causes them. */
export type WriteLetters = (tx: Tx, letters: readonly Letter[], now: number) => Promise<void>

/** What of a certificate may be changed; what is not named stays. */
export type DetailsChange = { [Field in keyof Details]?: Details[Field] | undefined } & {
  subject?: SubjectDetails | undefined
  keyKind?: KeyKind | undefined
}

/** A request that has been checked, and how it goes on. */
export interface Submission {
  csr: Uint8Array
  spkiSha256: string
  /** The checks that the request has passed, and the release that made them. */
  gate: { checks: readonly string[]; release: string }
  /** How many requests the environment takes of an organization in an hour. */
  certificatesPerHour: number
  /** Whether it may have the key of the certificate that it renews. */
  mayRenewKey: boolean
  /** From when the worker may issue; null where an operator decides first. */
  issueFrom: number | null
  /** The seal of the request once its certificate has a name; moments are milliseconds since 1970. */
  seal(certificate: Certificate, submittedAt: number): Uint8Array
  /** Draws up what is to be signed, where that is done at once. */
  draftTbs?: ((certificate: Certificate) => ToBeSigned) | undefined
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

/** Certificates of an organization, from draft to revocation. Every query names the organization. */
export function createCertificateStore(database: Database, writeLetters: WriteLetters) {
  const { queries } = database

  const get = async (organizationId: string, id: string): Promise<Certificate> => {
    const certificate = await findCertificate(queries, organizationId, id)
    if (certificate === undefined) throw certificateNotFound()
    return certificate
  }
  /** Runs `work` on the locked certificate and gives it as it stands then. */
  const change = async (
    organizationId: string,
    id: string,
    work: (tx: Tx, certificate: Certificate) => Promise<Certificate>,
  ): Promise<Certificate> =>
    database.transaction(async (tx) => work(tx, await lockCertificate(tx, organizationId, id)))

  return {
    get,

    /** What a certificate replaces and what replaces it, the newest successor that is not given up. */
    async findLineage({ id, organizationId, replacesId }: Certificate) {
      const [successor] = await selectSuccessor(queries, { organizationId, id })
      return {
        replaces:
          replacesId === null ? undefined : await findCertificate(queries, organizationId, replacesId),
        replacedBy: successor && toCertificate(successor),
      }
    },

    /** Changes details; subject and key kind only of a draft, else throws `certificate_wrong_state`. */
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
        return changeRow(tx, id, values)
      })
    },

    /** Takes a request. Throws `certificate_wrong_state`, `key_already_used` or `key_revoked`. */
    submit(organizationId: string, id: string, submission: Submission, act: Act): Promise<Certificate> {
      return change(organizationId, id, (tx, certificate) => takeRequest(tx, certificate, submission, act))
    },

    /** Gives up a draft or a request for which nothing is to be signed yet, or a registration that waits; its key is free again. */
    async cancel(organizationId: string, id: string, { actor, now }: Act): Promise<Certificate> {
      return change(organizationId, id, async (tx, certificate) => {
        // What is to be signed may have been signed: it is issued, and can be revoked then.
        if (certificate.toBeSigned !== null) throw wrongState(certificate.name, statusAt(certificate, now))
        const step = { actor, action: 'certificate.cancelled' }
        return moveCertificate(tx, certificate, { status: 'cancelled', values: freedKey, step }, now)
      })
    },

    /** The certificates in force, beside one, that renew its key or that it renews. */
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

    /** Revokes, for good, and asks for a fresh CRL. Throws `certificate_wrong_state`. */
    async revoke(
      organizationId: string,
      id: string,
      { reason, letters }: { reason: RevocationReason; letters: readonly Letter[] },
      { actor, now }: Act,
    ): Promise<Certificate> {
      return change(organizationId, id, async (tx, certificate) => {
        const values = { revoked_at: now, revoked_by: actor.name, revocation_reason: reason }
        const step = { actor, action: 'certificate.revoked', after: { reason } }
        const runAt = now + graceMilliseconds
        const list = findListName(certificate)
        if (list !== undefined)
          await enqueueJob(tx, { kind: publishListJob, key: list, owner: null }, runAt, now)
        await writeLetters(tx, letters, now)
        return moveCertificate(tx, certificate, { status: 'revoked', values, step }, now)
      })
    },
  }
}

export type CertificateStore = ReturnType<typeof createCertificateStore>

/**
 * Takes the request of a locked draft, with the job that issues and, where it can be drafted, what is to be signed. Throws
 * `certificate_wrong_state`, `certificate_rate_exceeded`, `key_already_used` or `key_revoked`.
 */
export async function takeRequest(
  tx: Tx,
  certificate: Certificate,
  submission: Submission,
  { actor, now }: Act,
): Promise<Certificate> {
  const { csr, spkiSha256, mayRenewKey, issueFrom, seal, draftTbs } = submission
  const isDraft = certificate.status === 'draft'
  if (isDraft) await spendCertificate(tx, { ...certificate, what: 'request' }, submission, now)
  const renewal = isDraft ? await numberRenewal(tx, certificate, spkiSha256, mayRenewKey) : 0
  const toBeSigned = draftTbs?.(certificate)
  const submitted = {
    csr_der: csr,
    request_seal: seal(certificate, now),
    spki_sha256: spkiSha256,
    key_renewal: renewal,
    submitted_at: now,
    submitted_by: actor.name,
    submitted_from: actor.origin,
    ...(toBeSigned && toTbsColumns(toBeSigned)),
  }
  const step = { actor, action: 'certificate.submitted', after: toAudit(submission, renewal) }
  try {
    const pending = await moveCertificate(
      tx,
      certificate,
      { status: 'pending', values: submitted, step },
      now,
    )
    if (toBeSigned !== undefined) await recordToBeSigned(tx, certificate, toBeSigned, now)
    if (issueFrom !== null)
      await enqueueJob(
        tx,
        { kind: issueJob, key: certificate.id, owner: certificate.organizationId },
        issueFrom,
        now,
      )
    return pending
  } catch (error) {
    if (isUniqueViolation(error)) throw keyAlreadyUsed()
    throw error
  }
}

/** What the audit log says of a request. */
const toAudit = ({ csr, spkiSha256, gate }: Submission, renewal: number) => ({
  publicKeySha256: spkiSha256,
  requestSha256: createHash('sha256').update(csr).digest('hex'),
  checks: [...gate.checks, renewal === 0 ? 'key_new' : 'key_renewed'],
  checkedBy: gate.release,
})

/**
 * 0 for a key that no certificate has, of whatever organization or environment; for an explicit renewal of the
 * newest certificate of the key, where that is allowed, one more than that one has. Throws `key_already_used`
 * or `key_revoked`, and does not say whose it is.
 */
export async function numberRenewal(
  queries: Queries,
  { replacesId }: Pick<Certificate, 'replacesId'>,
  spkiSha256: string,
  mayRenewKey: boolean,
): Promise<number> {
  const rows = await selectByKey(queries, { spkiSha256 })
  const [newest] = rows
  if (newest === undefined) return 0
  if (!rows.some(({ status }) => status === 'revoked')) {
    // What it replaces is of the same organization and environment.
    if (mayRenewKey && newest.id === replacesId && newest.status === 'issued') return newest.key_renewal + 1
    throw keyAlreadyUsed()
  }
  throw new PosternError(
    'key_revoked',
    'This key belongs to a revoked certificate and cannot be used again. Make a new key, and from it a new CSR or certificate.',
  )
}

const selectByKey = prepareQuery((queries, values: { spkiSha256: string }) =>
  queries
    .selectFrom('certificates')
    .select(['id', 'status', 'key_renewal'])
    .where('spki_sha256', '=', values.spkiSha256)
    .orderBy('key_renewal', 'desc'),
)

/** The refusal of a key that a certificate has. */
export const keyAlreadyUsed = () =>
  new PosternError(
    'key_already_used',
    'This key is already used by another certificate. Each certificate needs its own: make a new key, and from it a new CSR or certificate.',
  )

function toValues(changed: DetailsChange, certificate: Certificate): Partial<CertificateRow> {
  const { description, owner, relatedService, rotationPolicy, contacts, subject, keyKind } = changed
  return {
    ...(description !== undefined && {
      description,
      search_text: searchTextOf({ ...certificate, description }),
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
