/** What Postern seals in its own store, to know it again before a key signs. */
export type SealedKind = 'tbs-certificate' | 'request' | 'decision'

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
