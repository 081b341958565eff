/** What Postern seals in its own store, to know it again before a key signs. */
export type SealedKind = 'plan' | 'request' | 'decision'

/**
 * Seals what is stored between two steps of an issuance (HMAC-SHA-256). The key comes from the authority key,
 * which is not in the store: somebody who can write to the store cannot make a seal.
 */
export interface RecordSeals {
  seal(kind: SealedKind, fields: readonly (string | Uint8Array)[]): Uint8Array
  /** Whether `seal` is the one of exactly these fields; compared in constant time. */
  isIntact(
    kind: SealedKind,
    fields: readonly (string | Uint8Array)[],
    seal: Uint8Array | null | undefined,
  ): boolean
}

/** A certificate that is planned and not signed yet, as it is stored. */
export interface PlannedCertificate {
  kind: 'client' | 'responder'
  /** The record that the plan belongs to. */
  id: string
  /** Null for a certificate of the authority itself. */
  environment: string | null
  issuerId: string
  /** The TBSCertificate, DER. */
  tbs: Uint8Array
}

/** What the seal of a plan is made over: each field is bound, and the only state in which a plan is signed. */
export const planFields = ({ kind, id, environment, issuerId, tbs }: PlannedCertificate) => [
  ...[kind, id, environment ?? '', issuerId, 'pending'],
  tbs,
]

/** Signs with the keys of the authority, which no caller ever sees. */
export interface Signer {
  /**
   * Signs a planned certificate with the key of its issuer and gives the complete DER: what was to be signed,
   * the algorithm, the signature. Throws `record_not_authentic` unless `seal` is the one of this plan.
   */
  signPlan(plan: PlannedCertificate & { seal: Uint8Array | null }): Promise<Uint8Array>
  /**
   * Signs the TBSCertList of a CRL (RFC 5280, 5.1.2) and gives the complete DER. Throws `profile_violation` for
   * anything else, and for the list of another issuer.
   */
  signList(issuerId: string, tbs: Uint8Array): Promise<Uint8Array>
}
