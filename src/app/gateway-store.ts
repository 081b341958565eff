import type { Clock } from '../clock.ts'
import type { Config, Secrets } from '../config/config.ts'
import { PosternError } from '../errors.ts'
import type { Log } from '../gateway/log/log.ts'
import { createFailureReport, type FailureReport } from '../gateway/log/report-failures.ts'
import { awaitStore } from '../storage/await-store.ts'
import { type Database, openDatabase } from '../storage/database.ts'
import { findStoreFault, isStoreUnavailable } from '../storage/engine.ts'
import { createReplicaSource, type ReadSource, readPrimary } from '../storage/read-replica.ts'
import { createStoreWatch } from '../storage/watch-store.ts'
import { openUsageWriter, type UsageWriter } from '../telemetry/usage-writer.ts'
import { awaitReadiness } from './gateway-start.ts'
import { watchWriter } from './gateway-writer.ts'

/**
 * Together with the second after which it reads at the latest, a gateway detects within five seconds that the
 * store does not respond.
 */
const waits = { connect: 3000, silent: 3000 }

/** The store as a gateway process uses it, and who is told of what goes wrong with it. */
export interface GatewayStore {
  database: Database
  /** Where the registry and its changes are read. */
  source: ReadSource
  writer: UsageWriter
  report: FailureReport
  /** Whether the store cannot be used at the moment. */
  isStoreAway(): boolean
  /** Gives what takes the failures of the work that `sentence` names. What keeps the store from being used is told once, elsewhere. */
  onFailed(sentence: string): (error: unknown) => void
  /** Closes what is read; the writer is closed before. */
  close(): Promise<void>
  /** Does `work` again and again until the store lets it. Throws every other error. */
  untilLets<T>(work: () => Promise<T>): Promise<T>
}

/** Opens the store, and waits until the portal has prepared it. Throws what the store says where it cannot be used. */
export async function openGatewayStore(
  config: Config,
  { storage: location, readStorage }: Pick<Secrets, 'storage' | 'readStorage'>,
  { clock, log }: { clock: Clock; log: Log },
): Promise<GatewayStore> {
  const watch = createStoreWatch(location, log)
  const report = createFailureReport(log, clock)
  const untilLets = <T>(work: () => Promise<T>) => awaitStore(work, watch, location)
  const onFailed = (sentence: string) => (error: unknown) => {
    const isAway = error instanceof PosternError && error.code === 'storage_unavailable'
    if (!isAway && !watch.hasSeen(error) && !isStoreUnavailable(error)) report.workFailed(error, sentence)
  }
  const database = await untilLets(() => openDatabase(location, { waits, watch }))
  await untilLets(() => awaitReadiness(config, database, log))
  const writer = watchWriter(openUsageWriter(location), watch, onFailed('The store could not be written.'))
  const { source, close } = await openSource(database, readStorage, log)
  return { database, source, writer, report, isStoreAway: watch.isAway, onFailed, untilLets, close }
}

/** A change, the look at what the replica has, and one more. */
const replicaConnections = 3
/** A replica that cannot be used for a moment is not worth a line. */
const tellMs = 10_000

/** Opens where the registry is read: the replica if there is one. */
async function openSource(
  primary: Database,
  location: Secrets['readStorage'],
  log: Log,
): Promise<{ source: ReadSource; close(): Promise<void> }> {
  if (location === null) return { source: readPrimary, close: primary.close }
  const replica = await openDatabase(location, { poolSize: replicaConnections, waits })
  let timer: NodeJS.Timeout | undefined
  let isTold = false
  const source = createReplicaSource({
    primary,
    replica,
    onUsable(isUsable, error) {
      clearTimeout(timer)
      if (isUsable && isTold) log.warn({ replica: 'used' }, 'The gateway reads from its read replica again.')
      if (isUsable) isTold = false
      else
        timer = setTimeout(() => {
          isTold = true
          const code = findStoreFault(error)?.code
          const reason = error === undefined ? 'is behind, or is no copy of the primary' : 'cannot be read'
          log.warn(
            { replica: 'unused', ...(code && { code }) },
            `The read replica ${reason}: the gateway reads from the primary until the replica has all changes.`,
          )
        }, tellMs).unref()
    },
  })
  return {
    source,
    async close() {
      clearTimeout(timer)
      await Promise.all([primary.close(), replica.close()])
    },
  }
}
