import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { openSource } from '../../src/backup/open-source-store.ts'
import { type VerifiedBackup, writeBackup } from '../../src/backup/write-backup.ts'
import { inWorkFolder, toKeyProof } from '../../src/cli/backup-tools.ts'
import { type MasterKey, toMasterKey } from '../../src/shapes/master-key.ts'
import type { StorageLocation } from '../../src/storage/database.ts'

/** A pair of keys of age. */
export interface BackupKeys {
  identity: string
  recipient: string
}

export async function makeBackupKeys(): Promise<BackupKeys> {
  const identity = await generateX25519Identity()
  return { identity, recipient: await identityToRecipient(identity) }
}

/** Returns the authority key that a development profile has made in its data folder. */
export const readAuthorityKey = (dataFolder: string): MasterKey =>
  toMasterKey(Buffer.from(readFileSync(join(dataFolder, 'keys', 'authority.key'), 'utf8'), 'base64'))

/** Writes a backup of a store that others may use, as `postern backup` does. */
export function backUp(
  location: StorageLocation,
  { dataFolder, file, recipient }: { dataFolder: string; file: string; recipient: string },
  authorityKey: MasterKey = readAuthorityKey(dataFolder),
): Promise<VerifiedBackup> {
  return inWorkFolder(dataFolder, (folder) =>
    writeBackup({
      ...{ file, recipient, folder, release: 'test', takenAt: Date.now() },
      ...{ configuration: 'profile: development\n', checkpoints: '' },
      keys: toKeyProof(authorityKey),
      openSource: () => openSource(location, folder),
    }),
  )
}
