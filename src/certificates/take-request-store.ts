import { createHash } from 'node:crypto'
import { PosternError } from '../errors.ts'
import { enqueueJob } from '../jobs/job-store.ts'
import type { Act } from '../shapes/act.ts'
import { toActorRef } from '../shapes/actor.ts'
import type { Queries, Tx } from '../storage/database.ts'
import { isUniqueViolation } from '../storage/engine.ts'
import { prepareQuery } from '../storage/prepare-query.ts'
import type { Certificate } from './certificate.ts'
import { issueJob } from './certificate-jobs.ts'
import {
  recordToBeSigned,
  type ToBeSigned,
  toTbsColumns,
  transitionCertificate,
} from './certificate-row-store.ts'
import { spendCertificate } from './hourly-budget-store.ts'

/** A request that has passed its checks, and how it is processed. */
export interface Submission {
  csr: Uint8Array
  spkiSha256: string
  /** The passed checks, and the release that made them. */
  gate: { checks: readonly string[]; release: string }
  /** Maximum number of requests of an organization per hour in the environment. */
  certificatesPerHour: number
  /** Maximum number of pending and valid certificates of an organization in the environment. */
  maxCertificates: number
  /** Whether the request may reuse the key of the certificate that it renews. */
  mayRenewKey: boolean
  /** The earliest time at which the worker may issue; null if an operator decides first. */
  issueFrom: number | null
  /** Returns the seal of the request once its certificate has a name; times are milliseconds since 1970. */
  seal(certificate: Certificate, submittedAt: number): Uint8Array
  /** Returns the issuance plan, if the certificate is issued immediately. */
  draftTbs?: ((certificate: Certificate) => ToBeSigned) | undefined
}

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
    submitted_by_ref: toActorRef(actor),
    submitted_from: actor.origin,
    ...(toBeSigned && toTbsColumns(toBeSigned)),
  }
  const step = { actor, action: 'certificate.submitted', after: toAudit(submission, renewal) }
  try {
    const pending = await transitionCertificate(
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
 * Returns 0 for a key that no certificate of any organization or environment has; for an allowed renewal of
 * the latest certificate of the key, that certificate's number plus one. Throws `key_already_used` or
 * `key_revoked` without naming the owner.
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
    // A replaced certificate belongs to the same organization and environment.
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

/** Returns the error for a key that a certificate already has. */
export const keyAlreadyUsed = () =>
  new PosternError(
    'key_already_used',
    'This key is already used by another certificate. Each certificate needs its own: make a new key, and from it a new CSR or certificate.',
  )
