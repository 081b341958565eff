import { addPicture, findNew, openBlockCoverage, type Picture } from './block-coverage.ts'
import { type CorpusInput, hasShownProblem } from './corpus.ts'
import type { FuzzReader } from './fuzz-readers.ts'
import { findProblem } from './judge-input.ts'

/** The sources whose block coverage is measured. */
export const watchedSources = [
  '/src/pki/',
  '/src/tokens/read-client-assertion.ts',
  '/src/gateway/listener/client-hello.ts',
  '/src/gateway/authorizer/decode-certificate.ts',
]

/**
 * Returns the names of the inputs that are needed to run every block that `corpus` runs, the first of equal
 * ones; and of those that once showed a problem.
 */
export async function findDistilled(
  reader: FuzzReader,
  corpus: readonly CorpusInput[],
): Promise<Set<string>> {
  const coverage = openBlockCoverage(watchedSources)
  const known: Picture = new Map()
  const needed = new Set<string>()
  for (const input of corpus) {
    coverage.take()
    await findProblem(reader, input.bytes)
    const picture = coverage.take()
    if (!findNew(known, picture) && !hasShownProblem(input)) continue
    needed.add(input.name)
    addPicture(known, picture)
  }
  coverage.close()
  return needed
}
