import { rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { encryptPrivateKey } from '../signer/encrypt-private-key.ts'
import { assertKeyOfRoot, exportRootKey, getRoot, recordFailedExport } from '../signer/root-key.ts'
import { readNewPassphrase } from './read-passphrase.ts'
import { assertFileIsNew, readRootKeyFile, writeSecretFile } from './root-key-file.ts'
import { takeRootOffline } from './take-root-offline.ts'
import { type AuthorityOptions, type AuthorityTools, withAuthority } from './with-authority.ts'

/** The options of `postern root export`. */
export interface ExportOptions extends AuthorityOptions {
  /** Removes the key from the store after the file was read back. */
  remove?: boolean
}

/**
 * Writes the key of the root to an encrypted file, and reads it back. Returns the exit code. Throws
 * `conflict` if the file exists or the key is in a token, `bad_request`, `root_offline`, `master_key_wrong`.
 */
export async function rootExport(name: string, options: ExportOptions): Promise<number> {
  const file = resolve(name)
  return withAuthority('root-export', options, async (tools) => {
    assertFileIsNew(file)
    const passphrase = await readNewPassphrase(tools.passphrase)
    await writeKey(tools, file, passphrase)
    process.stdout.write(`The key of the root is in ${file}, encrypted.\n`)
    if (options.remove) await takeRootOffline(tools, readRootKeyFile(file, passphrase))
    else process.stderr.write(`postern: hint: it is in the store too, until: postern root remove ${file}\n`)
    return 0
  })
}

async function writeKey(tools: AuthorityTools, file: string, passphrase: string): Promise<void> {
  const key = await exportRootKey(tools, file)
  let isWritten = false
  try {
    writeSecretFile(file, await encryptPrivateKey(key, passphrase))
    isWritten = true
    assertKeyOfRoot(readRootKeyFile(file, passphrase), await getRoot(tools.database.queries))
  } catch (error) {
    if (isWritten) rmSync(file)
    await recordFailedExport(tools, file)
    throw error
  }
}
