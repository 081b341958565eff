import { existsSync } from 'node:fs'
import { readSettings } from '../config/read-settings.ts'
import { assertTlsFiles } from '../config/tls-settings.ts'
import { toConfig } from '../config/to-config.ts'
import { toSecrets } from '../config/to-secrets.ts'
import { PosternError } from '../errors.ts'
import { openDatabase } from '../storage/database.ts'
import { describeFault, getPlace } from '../storage/describe-store-problem.ts'
import { findStoreFault } from '../storage/engine.ts'
import { findClockProblem } from '../storage/find-clock-problem.ts'
import type { StorageLocation } from '../storage/location.ts'
import { isMigrated } from '../storage/migrate.ts'

/**
 * Checks configuration, TLS files, store and clock without changing anything, and prints a sentence for each
 * problem. Returns the exit code: 1 if there is a problem. Throws `config_invalid` for an unreadable
 * configuration.
 */
export async function doctor(): Promise<number> {
  const settings = readSettings()
  const config = toConfig(settings)
  const { storage } = toSecrets(settings, config, 'tool')
  const now = Date.now()
  const problems = [
    await findProblem(() => assertTlsFiles(config, { portal: true, gateway: true }, now)),
    await findStoreProblem(storage, now),
  ].filter((problem) => problem !== undefined)
  const text = problems.length === 0 ? ['Configuration, files, store and clock are in order.'] : problems
  process.stdout.write(`${text.join('\n')}\n`)
  return problems.length === 0 ? 0 : 1
}

async function findProblem(work: () => unknown): Promise<string | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    if (error instanceof PosternError) return error.message
    throw error
  }
}

async function findStoreProblem(storage: StorageLocation, now: number): Promise<string | undefined> {
  // Opening the file would create it.
  if (storage.engine === 'sqlite' && !existsSync(storage.path)) return undefined
  let clockProblem: string | undefined
  const problem = await findProblem(async () => {
    try {
      const database = await openDatabase(storage)
      try {
        if (await isMigrated(database)) clockProblem = await findClockProblem(database.queries, now)
      } finally {
        await database.close()
      }
    } catch (error) {
      const fault = findStoreFault(error)
      if (fault === undefined || error instanceof PosternError) throw error
      throw new PosternError('storage_unavailable', describeFault(fault, getPlace(storage)), { cause: error })
    }
  })
  return problem ?? clockProblem
}
