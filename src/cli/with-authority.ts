import type { Config, Secrets } from '../config/config.ts'
import { assertPrivate } from '../config/private-file.ts'
import { readSettings } from '../config/read-settings.ts'
import { toConfig } from '../config/to-config.ts'
import { toSecrets } from '../config/to-secrets.ts'
import { PosternError } from '../errors.ts'
import type { RootKeyDependencies } from '../signer/root-key.ts'
import { openDatabase } from '../storage/database.ts'
import type { PassphraseSources } from './read-passphrase.ts'
import { actorOf, assertMigrated } from './with-store.ts'

/** The common options of the commands for the root's key. */
export interface AuthorityOptions {
  passphraseFile?: string
}

/** The dependencies of such a command. */
export interface AuthorityTools extends RootKeyDependencies {
  config: Config
  secrets: Secrets
  passphrase: PassphraseSources
}

/** Runs `work` with the store open, on behalf of the user who runs `command`. */
export async function withAuthority<T>(
  command: string,
  { passphraseFile }: AuthorityOptions,
  work: (tools: AuthorityTools) => Promise<T>,
): Promise<T> {
  const settings = readSettings()
  const config = toConfig(settings)
  const secrets = toSecrets(settings, config, 'authority')
  if (passphraseFile !== undefined)
    assertPrivate(config.profile, [{ setting: '--passphrase-file', path: passphraseFile }])
  const { storage, authorityKey } = secrets
  if (authorityKey === null) throw new PosternError('config_invalid', 'The key of the authority is missing.')
  const database = await openDatabase(storage)
  try {
    await assertMigrated(database)
    const passphrase = { file: passphraseFile, variable: settings.variables.rootPassphrase }
    return await work({
      config,
      secrets,
      database,
      authorityKey,
      actor: actorOf(command),
      now: Date.now(),
      passphrase,
    })
  } finally {
    await database.close()
  }
}
