import { setImmediate as nextTurn } from 'node:timers/promises'
import { createIssuerStore } from '../src/authority/issuer-store.ts'
import { createPublisher } from '../src/authority/publish-revocation-list.ts'
import { createRevocationListStore } from '../src/authority/revocation-list-store.ts'
import { createRevokedCertificateStore } from '../src/authority/revoked-certificate-store.ts'
import { systemClock as clock } from '../src/clock.ts'
import { toMasterKey } from '../src/shapes/master-key.ts'
import { openSigner } from '../src/signer/open-signer.ts'
import { openDatabase } from '../src/storage/database.ts'

/**
 * Publishes the full CRL of an issuer several times, and one partitioned CRL, from the given SQLite file, and
 * prints the cost of each.
 */
const [path = '', key = '', issuerId = '', rounds = ''] = process.argv.slice(2)
const database = await openDatabase({ engine: 'sqlite', path })
const lists = createRevocationListStore(database)
const publisher = createPublisher({
  issuers: createIssuerStore(database),
  lists,
  revoked: createRevokedCertificateStore(database),
  signer: openSigner(database, toMasterKey(Buffer.from(key, 'hex'))),
  clock,
  onFailure: (what, error) => {
    throw new Error(what, { cause: error })
  },
})

/**
 * Measures wall-clock time, CPU time of all threads, and the longest block of the event loop; milliseconds.
 */
async function measure(work: () => Promise<void>) {
  let isDone = false
  let longest = 0
  const watch = async () => {
    for (let last = performance.now(); !isDone; ) {
      await nextTurn()
      const now = performance.now()
      longest = Math.max(longest, now - last)
      last = now
    }
  }
  const watching = watch()
  const [cpu, start] = [process.cpuUsage(), performance.now()]
  await work()
  const wall = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  isDone = true
  await watching
  return { wall, cpu: (user + system) / 1000, longest, peak: process.resourceUsage().maxRSS }
}

const before = process.resourceUsage().maxRSS
const full = []
for (let round = 0; round < Number(rounds); round += 1)
  full.push(await measure(() => publisher.publish(issuerId)))
const partition = await measure(() => publisher.publish(`${issuerId}-1`))
const list = await lists.find({ issuerId, partition: null })
process.stdout.write(
  `${JSON.stringify({ full, partition, before, size: list?.size, entries: list?.entries })}\n`,
)
await database.close()
