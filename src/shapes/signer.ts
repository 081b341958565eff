import type { SoundTbsCertificate } from '../pki/profile/lint-certificate.ts'
import type { SoundTbsCertList } from '../pki/status/lint-revocation-list.ts'

/** A TBSCertificate as it is stored before its issuer signs it. */
export interface TbsRecord {
  kind: 'client' | 'responder'
  /** The record that it belongs to. */
  id: string
  /** Null for a certificate of the CA itself. */
  environment: string | null
  issuerId: string
  /** The TBSCertificate, DER. */
  tbs: Uint8Array
}

/** What the seal of a TBSCertificate is made over: each field is bound, and the only state in which it is signed. */
export const tbsFields = ({ kind, id, environment, issuerId, tbs }: TbsRecord) => [
  ...[kind, id, environment ?? '', issuerId, 'pending'],
  tbs,
]

/** A TBSCertificate that was linted, with the seal of its record. */
export interface CertificateToSign extends Omit<TbsRecord, 'kind' | 'tbs'> {
  tbs: SoundTbsCertificate<TbsRecord['kind']>
  seal: Uint8Array | null
}

/** Signs with the keys of the certificate authority, which it never exposes. */
export interface Signer {
  /**
   * Signs a TBSCertificate with the key of its issuer and gives the complete DER: what was to be signed, the
   * algorithm, the signature. Throws `record_not_authentic` unless `seal` is the one of this record, and
   * `profile_violation` where it was linted for another issuer.
   */
  signCertificate(certificate: CertificateToSign): Promise<Uint8Array>
  /**
   * Signs the TBSCertList of a CRL (RFC 5280, 5.1.2) and gives the complete DER. Throws `profile_violation` where it
   * was linted for another issuer.
   */
  signRevocationList(issuerId: string, list: SoundTbsCertList): Promise<Uint8Array>
}
