import { resolve } from 'node:path'
import { createRevocationListStore } from '../authority/revocation-list-store.ts'
import { assertPrivate, isOpenToOthers } from '../config/private-file.ts'
import { importRootKey } from '../signer/root-key.ts'
import { readPassphrase } from './read-passphrase.ts'
import { readRootKeyFile } from './root-key-file.ts'
import { type AuthorityOptions, withAuthority } from './with-authority.ts'

/**
 * Imports the key of an offline root into the store, sealed. Returns the exit code. Throws `bad_request` if
 * the file cannot be opened or contains a different key, `conflict` if the key is in the store already.
 */
export async function rootImport(name: string, options: AuthorityOptions): Promise<number> {
  const file = resolve(name)
  return withAuthority('root-import', options, async (tools) => {
    assertPrivate(tools.config.profile, [{ setting: 'The file of the root', path: file }])
    const key = readRootKeyFile(file, await readPassphrase(tools.passphrase))
    const { id } = await importRootKey(tools, key)
    // A CRL of one day replaces the long-lived one of the offline time.
    const lists = createRevocationListStore(tools.database)
    await lists.bringForward({ issuerId: id, partition: null }, tools.now)
    process.stdout.write('The key of the root is in the store again.\n')
    process.stderr.write(`postern: hint: when all is done: postern root remove ${file}\n`)
    if (isOpenToOthers(file)) process.stderr.write(`postern: hint: others can read it: chmod 600 ${file}\n`)
    return 0
  })
}
