import { existsSync } from 'node:fs'
import { createBackupStore } from '../backup/backup-store.ts'
import { checkRestored, type Ending, finishRestore, markLoaded } from '../backup/restore-store.ts'
import { readBack } from '../backup/write-backup.ts'
import { readSettings } from '../config/read-settings.ts'
import { toConfig } from '../config/to-config.ts'
import { toSecrets } from '../config/to-secrets.ts'
import { PosternError } from '../errors.ts'
import { openDatabase, type StorageLocation } from '../storage/database.ts'
import { isMigrated } from '../storage/migrate.ts'
import { describeProof, inWorkFolder, readIdentities, toKeyProof } from './backup-tools.ts'
import { getAuthorityKey, measureFile, planEnding } from './plan-restore.ts'
import { actorOf } from './with-store.ts'

/**
 * Restores a backup into a folder that is thrown away, with the journal, checks the result, and prints how long that took
 * (RTO) and what would be lost (RPO). Returns the exit code: 1 if the restored store would be held, or if its audit log
 * has a problem. Throws what `readBack` throws.
 */
export async function drill(
  file: string,
  options: { identity: string; journal?: string[] },
): Promise<number> {
  const settings = readSettings()
  const config = toConfig(settings)
  if (!existsSync(file)) throw new PosternError('bad_request', `${file} does not exist.`)
  const authorityKey = getAuthorityKey(settings, config)
  const identities = await readIdentities(options.identity, config)
  const { storage } = toSecrets(settings, config, 'tool')
  const begun = performance.now()
  const { octets, sha256 } = await measureFile(file)
  const result = await inWorkFolder(config.dataFolder, async (folder) => {
    const keys = toKeyProof(authorityKey)
    const { path, head, ...proof } = await readBack(file, identities, { folder, keys })
    const details = { takenAt: head.takenAt, sha256, actor: actorOf('drill'), now: Date.now() }
    const ending = planEnding(config, { authorityKey, point: await markLoaded(path, details), options })
    const location = { engine: 'sqlite', path } as const
    const finished = await finishRestore(location, details, ending)
    await checkRestored(location, keys)
    return { proof, finished, ending, takenAt: head.takenAt }
  })
  const seconds = (performance.now() - begun) / 1000
  const { proof, finished, ending, takenAt } = result
  const lines = [
    ...describeProof(proof),
    `RTO: ${seconds.toFixed(1)} s from the file to a checked store${storage.engine === 'postgres' ? ', on SQLite; filling PostgreSQL comes on top' : ''}.`,
    describeLoss(takenAt, ending),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  const isGood = !finished.isHeld && proof.auditProblem === undefined
  if (isGood) await record(storage, { takenAt, sha256, octets })
  return isGood ? 0 : 1
}

function describeLoss(takenAt: number, ending: Ending): string {
  const age = `${((Date.now() - takenAt) / 3_600_000).toFixed(1)} h, since ${new Date(takenAt).toISOString()}`
  return ending.kind === 'journal' && ending.isWhole
    ? `RPO: none for what the journal has (${ending.entries.length} changes came back); ${age}, for all else.`
    : `RPO: ${age}. The journal does not reach from the backup to its end: the store would be held.`
}

/** A drill on a machine without the store is not recorded there. */
async function record(
  storage: StorageLocation,
  { takenAt, sha256, octets }: { takenAt: number; sha256: string; octets: number },
): Promise<void> {
  const unrecorded = 'postern: hint: this drill is not recorded: the store of Postern is not here.\n'
  if (storage.engine === 'sqlite' && !existsSync(storage.path)) {
    process.stderr.write(unrecorded)
    return
  }
  const database = await openDatabase(storage)
  try {
    if (await isMigrated(database))
      await createBackupStore(database).record(
        { kind: 'drill', takenAt, finishedAt: Date.now(), sha256, octets },
        actorOf('drill'),
      )
    else process.stderr.write(unrecorded)
  } finally {
    await database.close()
  }
}
