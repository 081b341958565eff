import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FindCompromisedKey } from '../../pki/request/check-request.ts'

const found = 'it stands on a list of keys from a faulty random number generator'
const digits = 20

/**
 * Reads the lists of weak RSA keys in a folder, if it exists, and returns a lookup of their keys. The files
 * have the format of Debian's package openssl-blacklist in /usr/share/openssl-blacklist: a line of 20 hex
 * digits for each key, the end of the SHA-1 of the output of `openssl rsa -modulus`. Other lines are ignored.
 * A key takes some 60 bytes of memory: the lists for 2048 and 4096 bits some 12 MiB together.
 */
export async function readWeakKeyLists(folder: string): Promise<FindCompromisedKey> {
  const names = await readdir(folder).catch(() => [])
  const listed = new Set<string>()
  for (const name of names) {
    const text = await readFile(join(folder, name), 'latin1')
    for (const [key] of text.matchAll(/^[0-9a-f]{20}$/gm)) listed.add(key)
  }
  return ({ rsa }) => (rsa && listed.has(modulusDigest(rsa.modulus)) ? found : undefined)
}

function modulusDigest(modulus: bigint): string {
  const printed = `Modulus=${modulus.toString(16).toUpperCase()}\n`
  return createHash('sha1').update(printed).digest('hex').slice(-digits)
}
