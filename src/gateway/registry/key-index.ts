/** What an index asks of the rows that it points to; keys are hashes of 32 octets. */
export interface KeyedRows {
  /** Whether the key of a row is `key`. */
  matches(row: number, key: Uint8Array): boolean
  /** The first four octets of the key of a row, as a number. */
  prefixOf(row: number): number
}

const empty = -1
const fewestSlots = 1024

/**
 * Finds rows by their keys with four octets for each slot. Keys are hashes, so that their first octets are as
 * good as a hash of them. At most half of the slots are taken, so a search ends after a few steps.
 */
export function createKeyIndex({ matches, prefixOf }: KeyedRows) {
  let slots = new Int32Array(fewestSlots).fill(empty)
  let count = 0

  /** The slot of a key, or the empty one where it would stand. */
  const slotOf = (key: Uint8Array): number => {
    let slot = readPrefix(key, 0) & (slots.length - 1)
    for (;;) {
      const row = slots[slot] as number
      if (row === empty || matches(row, key)) return slot
      slot = (slot + 1) & (slots.length - 1)
    }
  }
  const grow = (): void => {
    const rows = slots.filter((row) => row !== empty)
    slots = new Int32Array(slots.length * 2).fill(empty)
    for (const row of rows) {
      let slot = prefixOf(row) & (slots.length - 1)
      while (slots[slot] !== empty) slot = (slot + 1) & (slots.length - 1)
      slots[slot] = row
    }
  }

  return {
    /** The row with a key; nothing where there is none. */
    find(key: Uint8Array): number | undefined {
      const row = slots[slotOf(key)] as number
      return row === empty ? undefined : row
    },
    /** Points a key to a row, in place of the one it may point to. The row has the key by now. */
    set(key: Uint8Array, row: number): void {
      const slot = slotOf(key)
      if (slots[slot] === empty) count += 1
      slots[slot] = row
      if (count * 2 > slots.length) grow()
    },
  }
}

/** Four octets as a number. */
export const readPrefix = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)) >>>
  0
