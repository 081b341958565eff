/**
 * A master key, 32 bytes, from outside the store. While it is being changed there are two: the first seals, and each of
 * them opens what it has sealed.
 */
export interface MasterKey {
  readonly first: Uint8Array
  /** The next key, or the former one; null if the key is not being changed. */
  readonly second: Uint8Array | null
}

/** Returns a master key, as it is changed if there is a `second`. */
export const toMasterKey = (first: Uint8Array, second: Uint8Array | null = null): MasterKey => ({
  first,
  second,
})

/** Returns the keys that open, the one that seals first. */
export const listKeys = ({ first, second }: MasterKey): Uint8Array[] =>
  second === null ? [first] : [first, second]
