/** How an index accesses the rows that it points to; keys are hashes of 32 octets. */
export interface KeyedRows {
  /** Returns whether the key of a row is `key`. */
  matches(row: number, key: Uint8Array): boolean
  /** Returns the first four octets of the key of a row as a number. */
  prefixOf(row: number): number
}

const empty = -1
const minSlots = 1024

/**
 * Finds rows by their keys with four octets per slot. Keys are hashes, so their first octets serve as the
 * hash code. At most half of the slots are used, so a search ends after a few steps.
 */
export function createKeyIndex({ matches, prefixOf }: KeyedRows) {
  let slots = new Int32Array(minSlots).fill(empty)
  let count = 0

  /** Returns the slot of a key, or the empty slot where it belongs. */
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
    /** Returns the row with a key; undefined if there is none. */
    find(key: Uint8Array): number | undefined {
      const row = slots[slotOf(key)] as number
      return row === empty ? undefined : row
    },
    /** Points a key to a row, replacing its previous one. The row must already have the key. */
    set(key: Uint8Array, row: number): void {
      const slot = slotOf(key)
      if (slots[slot] === empty) count += 1
      slots[slot] = row
      if (count * 2 > slots.length) grow()
    },
  }
}

/** Reads four octets as a number. */
export const readPrefix = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)) >>>
  0
