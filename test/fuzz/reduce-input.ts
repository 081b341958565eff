import { join } from './element-tree.ts'

const maxTrials = 120

/** Removes pieces from an input while `isGood` remains true, from half its size down to one octet. */
export async function reduceInput(
  input: Uint8Array,
  isGood: (smaller: Uint8Array) => Promise<boolean>,
): Promise<Uint8Array> {
  let best = input
  let trials = 0
  for (let size = Math.ceil(input.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best.length && trials < maxTrials; trials += 1) {
      const smaller = join([best.subarray(0, at), best.subarray(at + size)])
      if (await isGood(smaller)) best = smaller
      else at += size
    }
  }
  return best
}
