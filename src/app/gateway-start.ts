import { existsSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import type { Config } from '../config/config.ts'
import { isMadeHere } from '../config/tls-settings.ts'
import type { Log } from '../gateway/log/log.ts'
import { findUnprepared } from '../gateway/registry/prepared-store.ts'
import type { Database } from '../storage/database.ts'

const waitMs = 100
/** At the first start the portal needs some time. */
const reportIntervalMs = 3000

/**
 * Waits for what the portal creates, and logs once for what it waits. Throws the store's error if it is
 * unusable.
 */
export async function awaitReadiness(config: Config, database: Database, log: Log): Promise<void> {
  const findMissing = async (): Promise<string | undefined> => {
    const unprepared = await findUnprepared(database, config.environments)
    if (unprepared !== undefined) return unprepared
    const { certificateFile, keyFile } = config.gateway
    const waitsForFiles = config.environments.some((environment) => isMadeHere(config, environment))
    if (waitsForFiles && !(existsSync(certificateFile) && existsSync(keyFile)))
      return `the server certificate ${certificateFile}`
    return undefined
  }
  const started = performance.now()
  let told: string | undefined
  for (let missing = await findMissing(); missing !== undefined; missing = await findMissing()) {
    if (missing !== told && performance.now() - started > reportIntervalMs) {
      log.warn(
        { waitsFor: missing },
        `The gateway waits for ${missing}. The portal makes what is missing: start it.`,
      )
      told = missing
    }
    await wait(waitMs)
  }
  if (told !== undefined) log.warn({}, 'What the gateway waited for is there.')
}
