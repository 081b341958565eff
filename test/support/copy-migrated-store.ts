import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Puts the empty store of this release into a data folder that has none, as the setup of the tests has made it: to migrate another from
 * nothing takes a tenth of a second of a core. Does nothing outside of the tests.
 */
export function copyMigratedStore(dataFolder: string): void {
  const store = process.env.POSTERN_TEST_STORE
  const path = join(dataFolder, 'postern.db')
  if (store !== undefined && !existsSync(path)) copyFileSync(store, path)
}
