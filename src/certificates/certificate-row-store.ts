import { recordAudit } from '../audit/record-audit.ts'
import { PosternError } from '../errors.ts'
import { parseCertificate } from '../pki/certificate/certificate.ts'
import { type Actor, systemActor } from '../shapes/actor.ts'
import { recordChange } from '../storage/change-log.ts'
import type { Queries, Tx } from '../storage/database.ts'
import { isPostgres } from '../storage/engine.ts'
import { prepareQuery } from '../storage/prepare-query.ts'
import type { CertificateRow } from '../storage/tables/certificate-tables.ts'
import { assertTransition, type Certificate, type StoredStatus } from './certificate.ts'

/** Converts a row to the certificate that the rest of the domain uses. */
export function toCertificate(row: CertificateRow): Certificate {
  return {
    id: row.id,
    organizationId: row.organization_id,
    environment: row.environment,
    name: row.name,
    status: row.status,
    description: row.description,
    owner: row.owner,
    relatedService: row.related_service,
    rotationPolicy: row.rotation_policy,
    contacts: JSON.parse(row.contacts),
    subject: { organizationName: row.organization_name, country: row.country, state: row.state },
    certifiedSubject: JSON.parse(row.certified_subject),
    keyKind: row.key_kind,
    createdAt: row.created_at,
    createdBy: row.created_by,
    createdByRef: row.created_by_ref,
    responsibleUserId: row.responsible_user_id,
    replacesId: row.replaces_id,
    draftEndsAt: row.status === 'draft' ? row.draft_ends_at : null,
    firstUsedAt: row.first_used_at,
    lastUsedAt: row.last_used_at,
    lastDeniedAt: row.last_denied_at,
    ...toOutcome(row),
  }
}

function toOutcome(
  row: CertificateRow,
): Pick<Certificate, 'request' | 'toBeSigned' | 'external' | 'issued' | 'decision' | 'revocation'> {
  return {
    request: row.csr_der && {
      der: new Uint8Array(row.csr_der),
      submittedAt: row.submitted_at ?? 0,
      submittedBy: row.submitted_by ?? '',
      submittedByRef: row.submitted_by_ref,
      submittedFrom: row.submitted_from ?? '',
      seal: toBytes(row.request_seal),
    },
    toBeSigned: row.tbs_der && {
      issuerId: row.issuer_id ?? '',
      serialNumber: row.serial_number ?? '',
      partition: row.crl_partition,
      tbs: new Uint8Array(row.tbs_der),
      seal: toBytes(row.plan_seal),
    },
    external: toExternal(row),
    issued:
      row.issued_at === null || row.certificate_der === null
        ? null
        : { ...toValidity(row), der: new Uint8Array(row.certificate_der), issuedAt: row.issued_at },
    decision:
      row.decided_at === null
        ? null
        : {
            by: row.decided_by ?? '',
            byRef: row.decided_by_ref,
            at: row.decided_at,
            approved: row.approved === 1,
            reason: row.decision_reason ?? '',
            seal: toBytes(row.decision_seal),
          },
    revocation:
      row.revoked_at === null
        ? null
        : {
            reason: row.revocation_reason ?? 'unspecified',
            at: row.revoked_at,
            by: row.revoked_by ?? '',
            byRef: row.revoked_by_ref,
          },
  }
}

const toBytes = (column: Uint8Array | null) => column && new Uint8Array(column)

function toExternal(row: CertificateRow): Certificate['external'] {
  if (row.source === 'postern' || row.certificate_der === null) return null
  return {
    ...toValidity(row),
    source: row.source,
    der: new Uint8Array(row.certificate_der),
    issuerId: row.issuer_id,
    chain: row.foreign_chain ?? '',
    proof: JSON.parse(row.proof ?? ''),
  }
}

const toValidity = (row: CertificateRow) => ({
  fingerprintSha256: row.fingerprint_sha256 ?? '',
  notBefore: row.not_before ?? 0,
  notAfter: row.not_after ?? 0,
})

const selectOne = prepareQuery((queries, values: { id: string }) =>
  queries.selectFrom('certificates').selectAll().where('id', '=', values.id),
)

/** Finds a certificate of `organizationId`; null means any organization, for workers and operators. */
export async function findCertificate(
  queries: Queries,
  organizationId: string | null,
  id: string,
): Promise<Certificate | undefined> {
  const [row] = await selectOne(queries, { id })
  if (row === undefined || (organizationId !== null && row.organization_id !== organizationId))
    return undefined
  return toCertificate(row)
}

/** Finds and locks a certificate until the transaction ends. Throws `not_found`. */
export async function lockCertificate(
  tx: Tx,
  organizationId: string | null,
  id: string,
): Promise<Certificate> {
  if (isPostgres(tx)) {
    await tx.selectFrom('certificates').select('id').where('id', '=', id).forNoKeyUpdate().execute()
  }
  const certificate = await findCertificate(tx, organizationId, id)
  if (certificate === undefined) throw certificateNotFound()
  return certificate
}

/** The audit record of a status change of a certificate. */
export interface Step {
  actor: Actor
  action: string
  before?: Record<string, unknown>
  after?: Record<string, unknown>
}

/** A step to another status, and what changes with it. */
interface Move {
  status: StoredStatus
  values: Partial<CertificateRow>
  step: Step
}

/**
 * Moves a locked certificate to another status, with the change row that gateways read and the audit row, and
 * returns the updated certificate. Throws `certificate_wrong_state` if the transition is not allowed.
 */
export async function transitionCertificate(
  tx: Tx,
  certificate: Certificate,
  { status, values, step }: Move,
  now: number,
): Promise<Certificate> {
  assertTransition(certificate, status, now)
  const moved = await changeRow(tx, certificate.id, { ...values, status })
  const before = { status: certificate.status }
  await recordStep(tx, certificate, { ...step, before, after: { status, ...step.after } }, now)
  await recordChange(tx, 'certificate', certificate.id, now)
  return moved
}

const updates = new Map<string, ReturnType<typeof prepareUpdate>>()

/** Changes columns of a locked certificate and returns the updated certificate. */
export async function changeRow(tx: Tx, id: string, values: Partial<CertificateRow>): Promise<Certificate> {
  const columns = Object.keys(values) as (keyof CertificateRow)[]
  const name = columns.join()
  const update = updates.get(name) ?? prepareUpdate(columns)
  updates.set(name, update)
  const [row] = await update(tx, { ...values, id })
  if (row === undefined) throw certificateNotFound()
  return toCertificate(row)
}

/** Returns one prepared statement for each set of columns that a step changes. */
const prepareUpdate = (columns: readonly (keyof CertificateRow)[]) =>
  prepareQuery((queries, values: Partial<CertificateRow> & { id: string }) =>
    queries
      .updateTable('certificates')
      .set(Object.fromEntries(columns.map((column) => [column, values[column]])))
      .where('id', '=', values.id)
      .returningAll(),
  )

/** Writes the audit row of a change of a certificate. */
export async function recordStep(
  tx: Tx,
  certificate: { id: string; organizationId: string },
  step: Step,
  now: number,
): Promise<void> {
  await recordAudit(
    tx,
    {
      ...step,
      organizationId: certificate.organizationId,
      subjectKind: 'certificate',
      subjectId: certificate.id,
    },
    now,
  )
}

/** The stored issuance plan: the TBSCertificate and its seal. */
export type ToBeSigned = NonNullable<Certificate['toBeSigned']>

/** Where a TBSCertificate is kept. */
export const toTbsColumns = ({
  issuerId,
  serialNumber,
  partition,
  tbs,
  seal,
}: ToBeSigned): Partial<CertificateRow> => ({
  issuer_id: issuerId,
  serial_number: serialNumber,
  crl_partition: partition,
  tbs_der: tbs,
  plan_seal: seal,
})

/** Writes the audit row of a TBSCertificate that is to be signed. */
export function recordToBeSigned(
  tx: Tx,
  certificate: { id: string; organizationId: string },
  { issuerId, serialNumber }: ToBeSigned,
  now: number,
): Promise<void> {
  const actor = systemActor('issuance')
  const step = { actor, action: 'certificate.planned', after: { issuerId, serialNumber } }
  return recordStep(tx, certificate, step, now)
}

/** The columns to clear when a request is rejected or canceled, so that its key can be used again. */
export const freedKey = { spki_sha256: null, fingerprint_sha256: null } satisfies Partial<CertificateRow>

/** Returns the text that the search reads. */
export function toSearchText(...parts: (string | null | undefined)[]): string {
  return parts
    .filter((part) => part !== null && part !== undefined && part !== '')
    .join('\n')
    .toLowerCase()
}

/** Returns the text that the search reads for a stored certificate. */
export function getSearchText({ name, description, toBeSigned, issued, external }: Certificate): string {
  const serialNumber = external ? parseCertificate(external.der).serialNumber : toBeSigned?.serialNumber
  return toSearchText(name, description, serialNumber, (external ?? issued)?.fingerprintSha256)
}

/** Returns the same error for a missing certificate and for one of another organization. */
export const certificateNotFound = () => new PosternError('not_found', 'There is no such certificate here.')
