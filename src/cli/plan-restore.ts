import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type BackupPoint, readJournals } from '../backup/journal-files.ts'
import { createJournalLines } from '../backup/journal-line.ts'
import type { Ending } from '../backup/restore-store.ts'
import type { Config } from '../config/config.ts'
import type { Settings } from '../config/read-settings.ts'
import { findMasterKey } from '../config/to-secrets.ts'
import { PosternError } from '../errors.ts'
import type { MasterKey } from '../shapes/master-key.ts'

/** What a restore is told about the time since the backup. */
export interface EndingOptions {
  /** Folders of the journal besides those of the configuration. */
  journal?: string[]
  withoutJournal?: boolean
}

/** Reads the journals. Throws `bad_request` for a folder that was named and is not there. */
export function planEnding(
  { backup }: Config,
  { authorityKey, point, options }: { authorityKey: MasterKey; point: BackupPoint; options: EndingOptions },
): Ending {
  const named = options.journal ?? []
  for (const folder of named)
    if (!existsSync(folder)) throw new PosternError('bad_request', `${folder} does not exist.`)
  const folders = [...backup.journalFolders, ...named.map((path) => resolve(path))]
  const { entries, isWhole, last } = readJournals(folders, createJournalLines(authorityKey), point)
  return options.withoutJournal === true
    ? { kind: 'without-journal', entries, last }
    : { kind: 'journal', entries, isWhole, last }
}

/** Returns the authority key that is at hand. Throws `config_invalid`; it never makes one. */
export function getAuthorityKey(settings: Settings, config: Config): MasterKey {
  const key = findMasterKey(settings, config, 'authority')
  if (key !== undefined) return key
  throw new PosternError(
    'config_invalid',
    'Give the authority key that the store was used with: POSTERN_AUTHORITY_KEY or POSTERN_AUTHORITY_KEY_FILE, in the development profile the folder keys. Nothing was changed.',
  )
}

/** Returns length and SHA-256, in hex, of a file. */
export async function measureFile(file: string): Promise<{ octets: number; sha256: string }> {
  const hash = createHash('sha256')
  let octets = 0
  await pipeline(createReadStream(file), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      hash.update(chunk)
      octets += chunk.length
    }
  })
  return { octets, sha256: hash.digest('hex') }
}
