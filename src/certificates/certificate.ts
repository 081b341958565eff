import type { CertificateSource, CertificateStatus, NewCertificate } from '../contract/certificate.ts'
import type { keyKinds } from '../contract/environment.ts'
import { PosternError } from '../errors.ts'
import { formatListName } from '../pki/status/revocation-list-name.ts'
import type { RevocationReason } from '../pki/status/revocation-reason.ts'
import { endedBefore } from '../shapes/moment.ts'

/** A status as it is stored; `expired` follows from the time alone. */
export type StoredStatus = Exclude<CertificateStatus, 'expired'>

/** The details of a certificate that users edit for their own use. */
export type Details = Pick<
  NewCertificate,
  'description' | 'owner' | 'relatedService' | 'rotationPolicy' | 'contacts'
>

/** The organization in a subject; the common name is the certificate's name. */
export type SubjectDetails = { organizationName: string; country: string; state: string }

/** The kinds of keys that the generated command can create. */
export type KeyKind = (typeof keyKinds)[number]

/** Proof of possession of the key of an externally issued certificate. */
export interface Proof {
  method: 'signature' | 'handshake'
  /** The challenge that was signed, or sent over mTLS. */
  statement: string
  /** Base64; null if a call has proven possession. */
  signature: string | null
  /** The client address of that call. */
  clientAddress: string | null
  at: number
}

/** A certificate from draft to revocation or expiry. Times are milliseconds since 1970. */
export interface Certificate extends Details {
  id: string
  organizationId: string
  environment: string
  /** `<organization slug>-####`; its common name. */
  name: string
  status: StoredStatus
  /** The subject for the generated command; not binding. */
  subject: SubjectDetails
  /** The subject of the certificate: the organization as Postern knows it. */
  certifiedSubject: SubjectDetails
  keyKind: KeyKind
  createdAt: number
  createdBy: string
  /** Kind and id of each actor, as `readActor` reads them; null where the name alone was recorded. */
  createdByRef: string | null
  /** The user who is responsible for it, who may be gone; null for the key of an organization. */
  responsibleUserId: string | null
  request: {
    der: Uint8Array
    submittedAt: number
    submittedBy: string
    submittedByRef: string | null
    submittedFrom: string
    /** Proves that Postern accepted the request; see `sealRequest`. */
    seal: Uint8Array | null
  } | null
  /** The issuance plan; stored before the key signs it. */
  toBeSigned: {
    issuerId: string
    serialNumber: string
    /** The CRL partition that it names; null for the full CRL. */
    partition: number | null
    tbs: Uint8Array
    /** The signer signs nothing else than what it was made over; see `tbsFields`. */
    seal: Uint8Array | null
  } | null
  /** The externally issued certificate, set at its registration; null if Postern issues the certificate. */
  external: {
    source: Exclude<CertificateSource, 'postern'>
    der: Uint8Array
    fingerprintSha256: string
    notBefore: number
    /** The first expiry of the certificate and its issuers. */
    notAfter: number
    /** The trusted issuer; null for a pinned certificate. */
    issuerId: string | null
    /** PEM of the intermediate certificates. */
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
    byRef: string | null
    at: number
    approved: boolean
    reason: string
    /** The seal of an approval; see `sealDecision`. */
    seal: Uint8Array | null
  } | null
  revocation: { reason: RevocationReason; at: number; by: string; byRef: string | null } | null
  replacesId: string | null
  /** When a draft is canceled unless it is changed or submitted before; null for every other status. */
  draftEndsAt: number | null
  firstUsedAt: number | null
  lastUsedAt: number | null
  lastDeniedAt: number | null
}

const day = 86_400_000
/** A draft is canceled so long after it was created or last changed. */
export const draftLifetimeMs = 30 * day

/** The allowed transitions of each status; the last four are final. */
export const statusTransitions: Readonly<Record<CertificateStatus, readonly CertificateStatus[]>> = {
  draft: ['pending', 'cancelled'],
  pending: ['issued', 'rejected', 'cancelled'],
  issued: ['expired', 'revoked'],
  expired: [],
  revoked: [],
  rejected: [],
  cancelled: [],
}

/** The name of the CRL in the certificate, set before it is signed; null for an externally issued certificate. */
export const findListName = ({ toBeSigned }: Pick<Certificate, 'toBeSigned'>): string | undefined =>
  toBeSigned === null ? undefined : formatListName(toBeSigned)

/** Returns the status at `now`, `expired` included. */
export function statusAt(
  { status, issued }: Pick<Certificate, 'status'> & { issued: { notAfter: number } | null },
  now: number,
): CertificateStatus {
  return status === 'issued' && issued !== null && issued.notAfter <= endedBefore(now) ? 'expired' : status
}

/** Throws `certificate_wrong_state` unless a certificate can change to `to` at `now`. */
export function assertTransition(certificate: Certificate, to: CertificateStatus, now: number): void {
  const status = statusAt(certificate, now)
  if (!statusTransitions[status].includes(to)) throw wrongState(certificate.name, status)
}

/** Returns the error for an action that the status does not allow. */
export function wrongState(name: string, status: CertificateStatus): PosternError {
  return new PosternError(
    'certificate_wrong_state',
    `${name} is ${status}, so this cannot be done. Load the page again to see how it stands.`,
  )
}
