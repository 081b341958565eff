import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/support/order-files.ts'
import { useQuickPasswords } from './test/support/use-quick-passwords.ts'

// Every process that a test starts reads what the first one has compiled.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/compiled')
// Each password takes 32 MiB to check: in huge pages, where a virtual machine has to map few, for a third of the time.
process.env.GLIBC_TUNABLES ??= 'glibc.malloc.hugetlb=1'

const cores = availableParallelism()
/** Decides the order of files and tests: the same everywhere and each time, as for properties; another by choice. */
const seed = Number(process.env.POSTERN_SEED ?? 1_795_722_513_093)

/** Tests of single files that take more than five seconds: they wait for clocks, openssl, shells and slow servers. */
const slow = [
  'scripts/find-breaking-changes.test.ts',
  'scripts/image/write-image.test.ts',
  'scripts/package/write-package.test.ts',
  'scripts/packages.test.ts',
  'src/accounts/accounts.test.ts',
  'src/authority/ocsp.test.ts',
  'src/authority/partitions.test.ts',
  'src/authority/revocation-routes.test.ts',
  'src/certificates/certificate-lifecycle.test.ts',
  'src/certificates/download-certificate.test.ts',
  'src/certificates/key-checks/rejected-keys.test.ts',
  'src/certificates/key-checks/shared-factor-check.test.ts',
  'src/certificates/revocation/run-bulk-revocation.test.ts',
  'src/cli/supervise.test.ts',
  'src/gateway/listener/limit-unauthenticated.test.ts',
  'src/gateway/registry/watch-audit-head.test.ts',
  'src/jobs/jobs.test.ts',
  'src/kits/assertion-command.test.ts',
  'src/kits/client-kits.test.ts',
  'src/kits/openssl-command.test.ts',
  'src/notifications/slow-mail.test.ts',
  'src/pki/request/check-request.test.ts',
  'src/pki/request/request-limits.test.ts',
  'src/pki/status/revocation-list.test.ts',
  'src/signer/hsm.test.ts',
  'src/storage/await-store.test.ts',
  'src/storage/silent-connections.test.ts',
  'src/storage/storage.test.ts',
  'src/telemetry/write-parts-store.test.ts',
]
for (const file of slow)
  if (!existsSync(join(import.meta.dirname, file)))
    throw new Error(`${file} is named as slow and does not exist`)

/** What hangs is found by its time; a machine with many times more work than cores is no hang. */
const shared = {
  setupFiles: ['test/support/property-seed.ts'],
  testTimeout: 180_000,
  hookTimeout: 180_000,
}
/**
 * What starts Postern, or takes long: real processes, sockets and clocks on a machine that others may use too. They wait
 * for more than half of their time, so three times as many at a time as there are cores.
 */
const waiting = { ...shared, maxWorkers: 3 * cores }

/** Open Postern in their own process, and leave nothing behind in it; two measure the memory of theirs. */
const opening = ['test/http/**/*.test.ts', 'test/gateway/!(streams|malformed-handshakes).test.ts']

export default defineConfig({
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    sequence: { sequencer: LongestFirst, seed },
    projects: [
      {
        plugins: [useQuickPasswords],
        test: {
          ...shared,
          name: 'unit',
          include: ['src/**/*.test.ts', 'ui/src/**/*.test.ts'],
          exclude: slow,
          // They compute: as many at a time as there are cores, and one process for all files of a core.
          isolate: false,
          maxWorkers: cores,
          sequence: { shuffle: true, seed, groupOrder: 0 },
        },
      },
      {
        plugins: [useQuickPasswords],
        test: {
          ...waiting,
          name: 'opening',
          include: opening,
          // All of Postern is loaded once for each core, not once for each file: half the work of a small one.
          isolate: false,
          // A process goes on with files of its own project alone, so no other may run beside it.
          sequence: { groupOrder: 1 },
        },
      },
      {
        plugins: [useQuickPasswords],
        test: {
          ...waiting,
          name: 'slow',
          include: slow,
          sequence: { groupOrder: 2 },
        },
      },
      {
        plugins: [useQuickPasswords],
        test: {
          ...waiting,
          name: 'system',
          include: ['test/**/*.test.ts'],
          exclude: opening,
          // The tests of one file share a Postern, and some are the steps of one journey.
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
