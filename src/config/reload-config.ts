import { PosternError } from '../errors.ts'
import { compareSettings, type SettingChange } from './compare-settings.ts'
import type { Config } from './config.ts'
import { listSecretFiles } from './list-secret-files.ts'
import { assertPrivate } from './private-file.ts'
import type { Settings } from './read-settings.ts'
import { replaceConfig } from './replace-config.ts'
import { assertTlsFiles } from './tls-settings.ts'
import { toConfig } from './to-config.ts'

/** Where a process has its configuration from, and can read it again. */
export interface ConfigSource {
  settings: Settings
  /** Throws `config_invalid`. */
  read(): Settings
}

/** What has to follow a change of the configuration in place. */
interface ReloadOptions {
  parts: { portal: boolean; gateway: boolean }
  now(): number
  /**
   * Prepares what is made of the configuration and has to be made again. May throw `config_invalid`; the
   * returned function puts it in force, and does not throw.
   */
  prepare(next: Config, settings: Settings): () => void
}

/**
 * Returns a function that reads the configuration again and puts it in force in this process: whole, in one
 * step and without a pause, or not at all. It returns what has changed. It throws `config_invalid` if the
 * configuration is wrong, and if it changes a setting that needs a restart.
 */
export function createReload(
  running: Config,
  { settings, read }: ConfigSource,
  { parts, now, prepare }: ReloadOptions,
): () => SettingChange[] {
  let current = settings
  return () => {
    const next = read()
    const config = toConfig(next)
    const changes = compareSettings(current, next)
    assertNoRestart(changes)
    assertPrivate(config.profile, listSecretFiles(next, config))
    assertTlsFiles(config, parts, now())
    const putInForce = prepare(config, next)
    replaceConfig(running, config)
    putInForce()
    current = next
    return changes
  }
}

function assertNoRestart(changes: readonly SettingChange[]): void {
  const names = changes.filter(({ effect }) => effect === 'restart').map(({ setting }) => setting)
  if (names.length === 0) return
  throw new PosternError(
    'config_invalid',
    `These changes need a restart: ${names.join(', ')}. Nothing of the file was put in force. Restart Postern, or take them back and read the file again.`,
  )
}
