import { createRegistry } from '../src/gateway/registry/registry.ts'
import { createRegistryStore } from '../src/gateway/registry/registry-store.ts'
import { openDatabase } from '../src/storage/database.ts'

/**
 * Loads the registry of the store whose location is given as JSON, looks certificates up, and prints the cost as JSON.
 * The memory is what a registry has more than an empty one.
 */
const [location = ''] = process.argv.slice(2)
const collect = (globalThis as { gc?: () => void }).gc ?? (() => {})
const memory = () => {
  collect()
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  return heapUsed + Math.max(external, arrayBuffers)
}

const database = await openDatabase(JSON.parse(location))
const fingerprints = await database.queries
  .selectFrom('certificates')
  .select('fingerprint_sha256 as fingerprint')
  .where('status', 'in', ['issued', 'revoked'])
  .limit(1000)
  .execute()
const registry = createRegistry()
const before = memory()
const started = performance.now()
await createRegistryStore(database).loadInto(registry, Date.now())
const loaded = performance.now()
const bytes = memory() - before

const rounds = 200
const lookUp = () => {
  let found = 0
  for (const { fingerprint } of fingerprints)
    if (registry.findByFingerprint(fingerprint ?? '') !== undefined) found += 1
  return found
}
for (let i = 0; i < rounds; i += 1) lookUp()
const asked = performance.now()
let found = 0
for (let i = 0; i < rounds; i += 1) found += lookUp()
const nanoseconds = ((performance.now() - asked) / (rounds * fingerprints.length)) * 1e6
if (found !== rounds * fingerprints.length) throw new Error('a certificate was not found')
const { maxRSS } = process.resourceUsage()
process.stdout.write(
  JSON.stringify({ seconds: (loaded - started) / 1000, bytes, nanoseconds, peakBytes: maxRSS * 1024 }),
)
await database.close()
