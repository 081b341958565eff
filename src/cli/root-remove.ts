import { resolve } from 'node:path'
import { readPassphrase } from './read-passphrase.ts'
import { readRootKeyFile } from './root-key-file.ts'
import { takeRootOffline } from './take-root-offline.ts'
import { type AuthorityOptions, withAuthority } from './with-authority.ts'

/**
 * Removes the key of the root from the store, after reading the file to which it was exported. Returns the
 * exit code. Throws `bad_request`, `root_offline`, `conflict`, `master_key_wrong`; nothing is changed then.
 */
export async function rootRemove(file: string, options: AuthorityOptions): Promise<number> {
  return withAuthority('root-remove', options, async (tools) => {
    const passphrase = await readPassphrase(tools.passphrase)
    await takeRootOffline(tools, readRootKeyFile(resolve(file), passphrase))
    return 0
  })
}
