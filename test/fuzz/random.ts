/** Pseudorandom numbers that are the same for the same seed. */
export interface Random {
  /** Returns an integer from 0 to `limit` − 1. */
  below(limit: number): number
  pick<T>(list: readonly T[]): T
  /** Returns true once in `times`. */
  once(times: number): boolean
}

/** Creates the generator of Tommy Ettinger known as Mulberry32. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = (limit: number) => next() % limit
  return {
    below,
    pick: (list) => {
      if (list.length === 0) throw new RangeError('nothing to pick from')
      return list[below(list.length)] as (typeof list)[number]
    },
    once: (times) => below(times) === 0,
  }
}
