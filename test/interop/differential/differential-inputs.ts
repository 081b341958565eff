import { mutateInput } from '../../fuzz/mutate-input.ts'
import { createRandom } from '../../fuzz/random.ts'
import type { PublicInput } from './public-inputs.ts'

/** `npm run fuzz -- --differential` runs more inputs than fit into a test. */
const times = Number(process.env.POSTERN_DIFFERENTIAL_TIMES ?? 1)
const seed = Number(process.env.POSTERN_SEED ?? 1)
/** Larger inputs hardly change where they are mutated. */
const maxSeed = 2000

/** Returns the public inputs and `count` mutated ones, deterministic unless a seed is given. */
export function inputsFrom(given: readonly PublicInput[], count: number): PublicInput[] {
  const random = createRandom(seed)
  const seeds = given.filter(({ der }) => der.length <= maxSeed)
  const changed = Array.from({ length: count * times }, (_, i) => {
    const { file, der } = random.pick(seeds)
    return { file: `${file}, changed ${i}`, der: mutateInput(random, der, random.pick(seeds).der) }
  })
  return [...given, ...changed]
}
