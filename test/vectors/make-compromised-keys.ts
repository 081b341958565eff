import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { findPemBlocks } from '../../src/pki/text/pem.ts'

/**
 * Returns the keys of published-keys.pem by where their private halves are published, in the form of the list
 * in compromised-keys.ts. As a program, writes that list.
 */
export function listPublishedKeys(): [string, string[]][] {
  const text = readFileSync(new URL('published-keys.pem', import.meta.url), 'utf8')
  return text
    .split(/^# /m)
    .slice(1)
    .map((part) => [
      part.slice(0, part.indexOf('\n')),
      findPemBlocks(part).map(({ der }) => createHash('sha256').update(der).digest('hex').slice(0, 16)),
    ])
}

if (import.meta.main) {
  const target = new URL('../../src/pki/key/compromised-keys.ts', import.meta.url)
  const source = readFileSync(target, 'utf8')
  const rows = listPublishedKeys().map(([where, keys]) => `  ['${where}', '${keys.join(' ')}'],\n`)
  writeFileSync(target, source.replace(/(?<=\/\/ begin\n)[^]*(?= {2}\/\/ end)/, rows.join('')))
}
