import type { Clock } from '../clock.ts'
import type { Config } from '../config/config.ts'
import { PosternError } from '../errors.ts'
import type { Log } from '../gateway/log/log.ts'
import { createFailureReport, type FailureReport } from '../gateway/log/report-failures.ts'
import { awaitStore } from '../storage/await-store.ts'
import { type Database, openDatabase, type StorageLocation } from '../storage/database.ts'
import { isStoreUnavailable } from '../storage/engine.ts'
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
  writer: UsageWriter
  report: FailureReport
  /** Whether the store cannot be used at the moment. */
  isStoreAway(): boolean
  /** Gives what takes the failures of the work that `sentence` names. What keeps the store from being used is told once, elsewhere. */
  onFailed(sentence: string): (error: unknown) => void
  /** Does `work` again and again until the store lets it. Throws every other error. */
  untilLets<T>(work: () => Promise<T>): Promise<T>
}

/** Opens the store, and waits until the portal has prepared it. Throws what the store says where it cannot be used. */
export async function openGatewayStore(
  config: Config,
  location: StorageLocation,
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
  return { database, writer, report, isStoreAway: watch.isAway, onFailed, untilLets }
}
