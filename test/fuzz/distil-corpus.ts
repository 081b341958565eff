import { addPicture, findNew, openBlockCoverage, type Picture } from './block-coverage.ts'
import type { CorpusInput } from './corpus.ts'
import type { FuzzReader } from './fuzz-readers.ts'
import { findProblem } from './judge-input.ts'

/** The sources whose blocks count. */
export const watchedSources = ['/src/pki/', '/src/tokens/parse-distinguished-name.ts']

/** The names of the inputs that are needed to run all that `corpus` runs; the first of two that run the same. */
export async function findDistilled(
  reader: FuzzReader,
  corpus: readonly CorpusInput[],
): Promise<Set<string>> {
  const coverage = openBlockCoverage(watchedSources)
  const known: Picture = new Map()
  const needed = new Set<string>()
  for (const { name, bytes } of corpus) {
    coverage.take()
    await findProblem(reader, bytes)
    const picture = coverage.take()
    if (!findNew(known, picture)) continue
    needed.add(name)
    addPicture(known, picture)
  }
  coverage.close()
  return needed
}
