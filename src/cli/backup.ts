import { createBackupStore } from '../backup/backup-store.ts'
import { parseRecipient } from '../backup/encrypted-file.ts'
import { measureStore, openSource } from '../backup/open-source-store.ts'
import { assertRoom } from '../backup/work-folder.ts'
import { writeBackup } from '../backup/write-backup.ts'
import { findConfigText } from '../config/read-settings.ts'
import { PosternError } from '../errors.ts'
import { release } from '../release.ts'
import { describeProof, inWorkFolder, readCheckpoints, toKeyProof } from './backup-tools.ts'
import { withAuthority } from './with-authority.ts'

/** A SQLite store is copied, and the copy that is read back is another one; both grow for a moment by their log. */
const copies = 3
/** Of the size of the store: rows are compressed, and octets of keys and certificates hardly. */
const compressed = 1

/**
 * Writes a backup, reads it back and says what that proves. Returns the exit code: 1 if the audit log of the store has a
 * problem, which the backup then has too. Throws `conflict` if the file exists.
 */
export async function makeBackup(file: string | undefined, options: { recipient?: string }): Promise<number> {
  if (file === undefined)
    throw new PosternError('bad_request', 'Name the file of the backup: postern backup FILE.')
  return withAuthority('backup', {}, async ({ config, secrets, database, authorityKey, actor }) => {
    const recipient = parseRecipient(options.recipient ?? config.backup.recipient ?? missingRecipient())
    const size = await measureStore(secrets.storage)
    assertRoom(config.dataFolder, size * copies)
    assertRoom(file, size * compressed)
    const takenAt = Date.now()
    const made = await inWorkFolder(config.dataFolder, (folder) =>
      writeBackup({
        ...{ file, recipient, folder, release, takenAt },
        configuration: findConfigText(),
        checkpoints: readCheckpoints(config),
        keys: toKeyProof(authorityKey),
        openSource: () => openSource(secrets.storage, folder),
      }),
    )
    const { octets, sha256 } = made
    await createBackupStore(database).record(
      { kind: 'backup', takenAt, finishedAt: Date.now(), sha256, octets },
      actor,
    )
    const verified = made.auditProblem === undefined ? 'verified' : 'written, with a problem of the store'
    const lines = [`${file} is ${verified}: ${octets} octets, SHA-256 ${sha256}.`, ...describeProof(made)]
    process.stdout.write(`${lines.join('\n')}\n`)
    return made.auditProblem === undefined ? 0 : 1
  })
}

function missingRecipient(): never {
  throw new PosternError(
    'bad_request',
    'Name whom the backup is encrypted to: --recipient or the setting backup.recipient, a public key of age. Make a pair of keys on another machine with postern backup keygen FILE.',
  )
}
