/** What Postern seals in its own store, to know it again before a key signs. */
export type SealedKind = 'tbs-certificate' | 'request' | 'decision'

type Fields = readonly (string | Uint8Array)[]

/**
 * Seals what is stored between two steps of an issuance (HMAC-SHA-256). The key comes from the authority key,
 * which is not in the store: somebody who can write to the store cannot make a seal.
 */
export interface RecordSeals {
  /** Seals under the first of two authority keys. */
  seal(kind: SealedKind, fields: Fields): Uint8Array
  /** Whether `seal` is the one of exactly these fields; compared in constant time. */
  isIntact(kind: SealedKind, fields: Fields, seal: Uint8Array | null | undefined): boolean
  /** Under which of two authority keys `seal` is the one of exactly these fields; compared in constant time. */
  findSealer(
    kind: SealedKind,
    fields: Fields,
    seal: Uint8Array | null | undefined,
  ): 'first' | 'second' | 'neither'
}
