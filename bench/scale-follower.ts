import { createChangeApplier } from '../src/gateway/registry/apply-change.ts'
import { followChanges } from '../src/gateway/registry/follow-changes.ts'
import { createOpenRegistrationStore } from '../src/gateway/registry/open-registration-store.ts'
import { createOpenRegistrations } from '../src/gateway/registry/open-registrations.ts'
import { createRegistry } from '../src/gateway/registry/registry.ts'
import { createRegistryStore } from '../src/gateway/registry/registry-store.ts'
import { latestVersion } from '../src/storage/change-log.ts'
import { type Database, openDatabase } from '../src/storage/database.ts'
import type { FollowerTask, SeenChanges } from './scale-followers.ts'

/**
 * Simulates gateway processes: each has a connection of its own, a registry, and the code that puts changes in force.
 * A bare one reads the latest version whenever it is woken, and nothing else.
 */
const { storage, count, isBare, isLoaded }: FollowerTask = JSON.parse(process.argv[2] ?? '')
const now = () => performance.timeOrigin + performance.now()
const clock = { now: Date.now }
let seen: SeenChanges = { confirmed: [], refused: [] }

async function follow(database: Database, follower: number): Promise<void> {
  const store = createRegistryStore(database)
  const registry = createRegistry()
  const position = await store.latestPosition()
  if (isLoaded && follower === 0) await store.loadInto(registry, Date.now())
  const connections = {
    cut(fingerprint: string) {
      if (registry.findByFingerprint(fingerprint)?.revoked) seen.refused.push([fingerprint, now()])
      return 0
    },
    cutPresented: () => 0,
  }
  await followChanges(
    {
      findChanges: store.findChanges,
      changesPerRead: store.changesPerRead,
      async reload() {
        throw new Error('the follower has lost its place in the log')
      },
      watch: (wake, onHearing) => store.watch(wake, (hearing) => onHearing(hearing === 'yes')),
      apply: createChangeApplier({
        ...{ store, registrations: createOpenRegistrations() },
        dependencies: { registry, connections, tokens: { forget() {} }, clock },
        findRegistration: createOpenRegistrationStore(database).find,
        async loadSigningKeys() {},
        onIssuers() {},
        onRevocationApplied() {},
      }),
      onConfirmed: (version) => void seen.confirmed.push([version, now()]),
      onFailed: (error) => void process.stderr.write(`a follower failed: ${String(error)}\n`),
    },
    position,
  )
}

async function followBarely(database: Database): Promise<void> {
  let isReading = false
  let again = false
  let last = await latestVersion(database.queries)
  const read = async () => {
    do {
      again = false
      const latest = await latestVersion(database.queries)
      while (last < latest) seen.confirmed.push([++last, now()])
    } while (again)
    isReading = false
  }
  await database.watch(() => {
    again = true
    if (isReading) return
    isReading = true
    void read()
  })
}

for (let follower = 0; follower < count; follower += 1) {
  const database = await openDatabase(storage, { poolSize: 1 })
  await (isBare ? followBarely(database) : follow(database, follower))
}
process.on('message', () => {
  process.send?.(seen)
  seen = { confirmed: [], refused: [] }
})
process.send?.('ready')
