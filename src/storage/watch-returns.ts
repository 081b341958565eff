import { existsSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import type { Clock } from '../clock.ts'
import { replaceFile } from '../durable-file.ts'
import { findChanges, latestPosition } from './change-log.ts'
import type { Database } from './database.ts'
import { ensureEpoch, enterEpoch, listEpochs } from './store-epoch.ts'

const fileName = 'store-position.json'
const saveMs = 60_000

/** The portal's knowledge of the store, in memory and in a file beside the store. */
const Known = z.object({
  version: z.number().int(),
  mark: z.string(),
  epochs: z.array(z.string()),
})
type Known = z.output<typeof Known>

interface WatchDependencies {
  database: Database
  dataFolder: string
  clock: Clock
  /** Reports to operators that the store was restored to an older state. */
  onReturn(epochId: string, sentence: string): void
  onFailure(what: string, error: unknown): void
}

/**
 * Creates a monitor that detects, as gateways do, a store that was restored to an older state, and begins a
 * new epoch. The known position is also stored in a file in the data folder for the next start.
 */
export function createReturnWatch({ database, dataFolder, clock, onReturn, onFailure }: WatchDependencies) {
  const { queries } = database
  const file = join(dataFolder, fileName)
  const noticedBy = `portal ${hostname()}, process ${process.pid}`
  let known: Known | undefined
  let saved: { version: number; at: number } | undefined

  const save = ({ version, ...rest }: Known): void => {
    try {
      replaceFile(file, `${JSON.stringify({ version, ...rest })}\n`, 0o600)
      saved = { version, at: performance.now() }
    } catch (error) {
      onFailure('save-store-position', error)
    }
  }
  const look = async (): Promise<void> => {
    const place = known ?? readKnown(file)
    const { version } = await latestPosition(queries)
    // An empty store is a different one.
    if (place !== undefined && version > 0 && (await findChanges(queries, place, 1)) === 'other-log') {
      const id = await enterEpoch(database, { known: place.epochs, noticedBy }, clock.now())
      onReturn(
        id,
        'The store went back to an older state. Gateways tell what they know of the state that was lost; Operate, Gateways shows it.',
      )
    }
    const epochs = (await listEpochs(queries)).map(({ id }) => id)
    known = { ...(await latestPosition(queries)), epochs }
    if (saved === undefined || performance.now() - saved.at > saveMs) save(known)
  }
  return {
    /** To be called before anything is written to the store. */
    async start(): Promise<void> {
      await look()
      await ensureEpoch(database, noticedBy, clock.now())
      await look()
    },
    look,
    /** Stores the known position for the next start. */
    stop(): void {
      if (known !== undefined && known.version !== saved?.version) save(known)
    },
  }
}

export type RestoreWatch = ReturnType<typeof createReturnWatch>

/** Returns the known position of the last run; undefined if the file is missing or incomplete. */
function readKnown(file: string): Known | undefined {
  if (!existsSync(file)) return undefined
  try {
    return Known.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return undefined
  }
}
