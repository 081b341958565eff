import { createHash } from 'node:crypto'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** What takes longest, longest first; where one of them began last, the other workers would wait for it. */
const longest = [
  'test/e2e/screens.test.ts',
  'test/processes/supervisor.test.ts',
  'test/processes/backup.test.ts',
  'test/processes/crash-acceptance.test.ts',
  'test/e2e/guide.test.ts',
  'scripts/image/write-image.test.ts',
  'test/processes/restarts.test.ts',
  'test/interop/proxies.test.ts',
  'test/processes/store-problems.test.ts',
  'test/processes/upgrade.test.ts',
  'test/http/hostile-input.test.ts',
  'test/interop/clients.test.ts',
  'test/processes/hung-mail-server.test.ts',
  'test/interop/path-validation.test.ts',
  'test/processes/store-return.test.ts',
  'src/telemetry/write-parts-store.test.ts',
  'test/processes/postgres-whole.test.ts',
  'test/interop/client-headers.test.ts',
  'test/processes/offline-root.test.ts',
  'test/gateway/restore-journal.test.ts',
  'test/http/roles.test.ts',
  'test/enforcement/rotations.test.ts',
  'test/processes/two-of-each.test.ts',
  'test/http/mutated-requests.test.ts',
  'test/http/request-checks.test.ts',
  'test/gateway/read-replica.test.ts',
  'test/gateway/open-calls.test.ts',
  'test/gateway/slow-clients.test.ts',
  'test/gateway/postgres-outages.test.ts',
  'test/http/evidence.test.ts',
  'test/gateway/unread-bodies.test.ts',
  'test/http/registrations.test.ts',
]
/** A browser computes all the time, and most others wait: they take turns, so that neither cores nor workers are idle. */
const ofBrowser = 'test/e2e/'

/**
 * Starts with the files that take longest and those that open a browser, in turns; the others follow in an order that the
 * seed of the run decides.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { seed } = this.ctx.config.sequence
    const mix = ({ moduleId }: TestSpecification) =>
      createHash('sha256').update(`${seed} ${moduleId}`).digest('hex')
    const placeOf = ({ moduleId }: TestSpecification) => {
      const place = longest.findIndex((path) => moduleId.endsWith(path))
      return place === -1 ? longest.length : place
    }
    const sorted = files
      .toSorted((a, b) => (mix(a) < mix(b) ? -1 : 1))
      .toSorted((a, b) => placeOf(a) - placeOf(b))
    const browsing = sorted.filter(({ moduleId }) => moduleId.includes(ofBrowser))
    const others = sorted.filter(({ moduleId }) => !moduleId.includes(ofBrowser))
    return others
      .flatMap((file, index) => [...browsing.slice(index, index + 1), file])
      .concat(browsing.slice(others.length))
  }
}
