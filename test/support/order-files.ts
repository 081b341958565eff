import { createHash } from 'node:crypto'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** What takes longest; where one of them began last, the other workers would wait for it. */
const longest = [
  'test/e2e/',
  'test/http/hostile-input.test.ts',
  'test/http/mutated-requests.test.ts',
  'test/http/registrations.test.ts',
  'test/processes/supervisor.test.ts',
  'test/processes/offline-root.test.ts',
  'test/processes/store-return.test.ts',
  'test/interop/proxies.test.ts',
]

/** Starts with the files that take longest, the others in an order that the seed of the run decides. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { seed } = this.ctx.config.sequence
    const rank = ({ moduleId }: TestSpecification) =>
      `${longest.some((path) => moduleId.includes(path)) ? 0 : 1}${createHash('sha256').update(`${seed} ${moduleId}`).digest('hex')}`
    return files.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1))
  }
}
