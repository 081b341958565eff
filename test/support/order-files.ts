import { createHash } from 'node:crypto'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** What takes longest; where one of them began last, the other workers would wait for it. */
const longest = [
  'test/e2e/',
  'test/gateway/open-calls.test.ts',
  'test/gateway/restore-journal.test.ts',
  'test/gateway/slow-clients.test.ts',
  'test/gateway/store-return.test.ts',
  'test/gateway/unread-bodies.test.ts',
  'test/http/evidence.test.ts',
  'test/http/hostile-input.test.ts',
  'test/http/mutated-requests.test.ts',
  'test/http/registrations.test.ts',
  'test/http/request-checks.test.ts',
  'test/http/roles.test.ts',
  'test/interop/clients.test.ts',
  'test/interop/proxies.test.ts',
  'test/processes/backup.test.ts',
  'test/processes/crash-acceptance.test.ts',
  'test/processes/hung-mail-server.test.ts',
  'test/processes/offline-root.test.ts',
  'test/processes/store-problems.test.ts',
  'test/processes/store-return.test.ts',
  'test/processes/supervisor.test.ts',
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
