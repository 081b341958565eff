import type { Settings } from '../../config/read-settings.ts'
import { toConfig } from '../../config/to-config.ts'
import { toStorage } from '../../config/to-secrets.ts'
import { isPublishedBy } from '../../config/who-publishes.ts'
import { checkFiles } from './check-files.ts'
import { checkNetwork } from './check-network.ts'
import { checkStore } from './check-store.ts'
import { type Finding, type Ground, problem } from './diagnosis.ts'

/**
 * Looks at everything that `parts` of an installation need, without changing anything. Throws `config_invalid` for
 * contradictory settings.
 */
export async function examine(settings: Settings, parts: Ground['parts'], now: number): Promise<Finding[]> {
  const config = toConfig(settings)
  const { databaseUrl, smtpPassword = null } = settings.variables
  const storage = toStorage(settings.file.storage.engine, databaseUrl, config)
  const ground: Ground = { settings, config, secrets: { storage, smtpPassword }, parts, now }
  const [store, network] = await Promise.all([checkStore(ground), checkNetwork(ground)])
  return [...checkPublication(ground), ...checkFiles(ground), ...store, ...network]
}

/** Looks at whether the processes that are to publish are those that the configuration names. */
function checkPublication({ config, parts }: Ground): Finding[] {
  if (!parts.publication || isPublishedBy(config, 'publication')) return []
  return [
    problem(
      'publication.servedBy is portal: postern serve --publication does not start. Set it to publication or both, on every machine, and restart the portal.',
    ),
  ]
}
