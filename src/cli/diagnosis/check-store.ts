import { existsSync } from 'node:fs'
import { PosternError } from '../../errors.ts'
import { createExternalStatusStore } from '../../external-status/external-status-store.ts'
import { openDatabase } from '../../storage/database.ts'
import { describeFault, getPlace } from '../../storage/describe-store-problem.ts'
import { findStoreFault } from '../../storage/engine.ts'
import { findClockProblem, isClockOff } from '../../storage/find-clock-problem.ts'
import { isMigrated } from '../../storage/migrate.ts'
import { checkKeys } from './check-keys.ts'
import { checkTrustedIssuers } from './check-trusted-issuers.ts'
import { type Finding, type Ground, problem, remark } from './diagnosis.ts'

const toBeMigrated =
  'The store does not have the tables of this release yet; the portal makes them at its start.'

const wrongClock =
  'The clocks of this machine and of the store differ by more than a minute. Set both by NTP.'

/** Looks at the store, its tables, and the keys that seal it, and compares its clock with that of this machine. */
export async function checkStore(ground: Ground): Promise<Finding[]> {
  const { parts, now } = ground
  const { storage } = ground.secrets
  // Opening the file would create it.
  if (storage.engine === 'sqlite' && !existsSync(storage.path)) return []
  try {
    const database = await openDatabase(storage)
    try {
      if (!(await isMigrated(database))) return [remark(toBeMigrated)]
      const keys = await checkKeys(ground, database.queries)
      // The role of a process that publishes reads no records.
      if (!parts.portal && !parts.gateway)
        return (await isClockOff(database.queries, now)) ? [...keys, problem(wrongClock)] : keys
      const trusted = parts.portal
        ? checkTrustedIssuers(
            ground.config.environments,
            await createExternalStatusStore(database).listIssuers(),
          )
        : []
      const clock = await findClockProblem(database.queries, now)
      return [...keys, ...trusted, ...(clock === undefined ? [] : [problem(clock)])]
    } finally {
      await database.close()
    }
  } catch (error) {
    if (error instanceof PosternError) return [problem(error.message)]
    const fault = findStoreFault(error)
    if (fault === undefined) throw error
    return [problem(describeFault(fault, getPlace(storage)))]
  }
}
