import type { CertificateSource, CertificateStatus, NewCertificate } from '../contract/certificate.ts'
import type { keyKinds } from '../contract/environment.ts'
import { PosternError } from '../errors.ts'
import { formatListName } from '../pki/status/revocation-list-name.ts'
import type { RevocationReason } from '../pki/status/revocation-reason.ts'
import { endedBefore } from '../shapes/moment.ts'

/** A status as it is stored; `expired` is what an issued certificate becomes by time alone. */
export type StoredStatus = Exclude<CertificateStatus, 'expired'>

/** What people write about a certificate, for themselves. */
export type Details = Pick<
  NewCertificate,
  'description' | 'owner' | 'relatedService' | 'rotationPolicy' | 'contacts'
>

/** Whom a subject names, beside the certificate's own name. */
export type SubjectDetails = { organizationName: string; country: string; state: string }

/** The kinds of key that the pre-filled command can make. */
export type KeyKind = (typeof keyKinds)[number]

/** How somebody has shown to have the key of a certificate that another authority has issued. */
export interface Proof {
  method: 'signature' | 'handshake'
  /** What was signed, or sent over mTLS. */
  statement: string
  /** Base64; null where a call has proven the key. */
  signature: string | null
  /** Where that call came from. */
  clientAddress: string | null
  at: number
}

/** A certificate from draft to its end. Moments are milliseconds since 1970. */
export interface Certificate extends Details {
  id: string
  organizationId: string
  environment: string
  /** `<organization slug>-####`; its common name. */
  name: string
  status: StoredStatus
  /** What the pre-filled command asks for; not binding. */
  subject: SubjectDetails
  /** What the certificate carries: the organization as Postern knows it. */
  certifiedSubject: SubjectDetails
  keyKind: KeyKind
  createdAt: number
  createdBy: string
  request: {
    der: Uint8Array
    submittedAt: number
    submittedBy: string
    submittedFrom: string
    /** Shows that Postern took it; see `sealRequest`. */
    seal: Uint8Array | null
  } | null
  /** What the key is to sign; stored before it signs. */
  toBeSigned: {
    issuerId: string
    serialNumber: string
    /** The partition of the CRL that it names; null where that is the full one. */
    partition: number | null
    tbs: Uint8Array
    /** The signer signs nothing else than what it was made over; see `tbsFields`. */
    seal: Uint8Array | null
  } | null
  /** What another authority has issued, from its registration on; null where Postern issues it. */
  foreign: {
    source: Exclude<CertificateSource, 'postern'>
    der: Uint8Array
    fingerprintSha256: string
    notBefore: number
    /** When it, or the first of its issuers, ends. */
    notAfter: number
    /** The trusted issuer; null where it is pinned. */
    issuerId: string | null
    /** PEM of what stands between the two. */
    chain: string
    proof: Proof
  } | null
  issued: {
    der: Uint8Array
    fingerprintSha256: string
    issuedAt: number
    notBefore: number
    /** The last second in which it is valid. */
    notAfter: number
  } | null
  decision: {
    by: string
    at: number
    approved: boolean
    reason: string
    /** Of an approval; see `sealDecision`. */
    seal: Uint8Array | null
  } | null
  revocation: { reason: RevocationReason; at: number; by: string } | null
  replacesId: string | null
  firstUsedAt: number | null
  lastUsedAt: number | null
}

/** Where each status may lead; from the last four there is no way. */
export const statusMoves: Readonly<Record<CertificateStatus, readonly CertificateStatus[]>> = {
  draft: ['pending', 'cancelled'],
  pending: ['issued', 'rejected', 'cancelled'],
  issued: ['expired', 'revoked'],
  expired: [],
  revoked: [],
  rejected: [],
  cancelled: [],
}

/** The name of the CRL that a certificate names once it is to be signed; one of another authority is on none of ours. */
export const findListName = ({ toBeSigned }: Pick<Certificate, 'toBeSigned'>): string | undefined =>
  toBeSigned === null ? undefined : formatListName(toBeSigned)

/** The status at `now`, `expired` among them. */
export function statusAt(
  { status, issued }: Pick<Certificate, 'status'> & { issued: { notAfter: number } | null },
  now: number,
): CertificateStatus {
  return status === 'issued' && issued !== null && issued.notAfter <= endedBefore(now) ? 'expired' : status
}

/** Throws `certificate_wrong_state` unless a certificate may become `to` at `now`. */
export function assertMove(certificate: Certificate, to: CertificateStatus, now: number): void {
  const status = statusAt(certificate, now)
  if (!statusMoves[status].includes(to)) throw wrongState(certificate.name, status)
}

/** The refusal of an act that does not fit the status. */
export function wrongState(name: string, status: CertificateStatus): PosternError {
  return new PosternError(
    'certificate_wrong_state',
    `${name} is ${status}, so this cannot be done. Load the page again to see how it stands.`,
  )
}
