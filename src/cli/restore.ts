import { existsSync } from 'node:fs'
import type { BackupPoint } from '../backup/journal-files.ts'
import { replaceSqlite } from '../backup/replace-sqlite-store.ts'
import {
  type Ending,
  type FinishedRestore,
  findUnfinished,
  finishRestore,
  markLoaded,
  moveToPostgres,
  type RestoreDetails,
} from '../backup/restore-store.ts'
import { assertRoom } from '../backup/work-folder.ts'
import { readBack } from '../backup/write-backup.ts'
import type { Config } from '../config/config.ts'
import { readSettings } from '../config/read-settings.ts'
import { toConfig } from '../config/to-config.ts'
import { toSecrets } from '../config/to-secrets.ts'
import { makeFolder } from '../durable-file.ts'
import { PosternError } from '../errors.ts'
import type { MasterKey } from '../shapes/master-key.ts'
import type { StorageLocation } from '../storage/location.ts'
import { assertStopped } from './assert-stopped.ts'
import { inWorkFolder, readIdentities, toKeyProof } from './backup-tools.ts'
import { lockDataFolder } from './lock-data-folder.ts'
import { type EndingOptions, getAuthorityKey, measureFile, planEnding } from './plan-restore.ts'
import { setCheckpointsAside } from './set-checkpoints-aside.ts'
import { actorOf } from './with-store.ts'

/** How a restore is to go on. */
export interface RestoreOptions extends EndingOptions {
  identity?: string
}

const maxNames = 20

/** The rows of a backup are compressed: how much larger the store is, at most, as a rule, twice over. */
const expanded = 12

/**
 * Puts the store of a backup in place, or releases one that is held. All of it happens or nothing; after an interruption
 * the same command goes on. Returns the exit code. Throws `conflict` while Postern runs.
 */
export async function restore(file: string | undefined, options: RestoreOptions): Promise<number> {
  const settings = readSettings()
  const config = toConfig(settings)
  const { storage } = toSecrets(settings, config, 'tool')
  await assertStopped(config)
  makeFolder(config.dataFolder)
  const held = lockDataFolder(config.dataFolder, { portal: true, gateway: true, publication: true })
  try {
    const authorityKey = getAuthorityKey(settings, config)
    const plan = (point: BackupPoint) => planEnding(config, { authorityKey, point, options })
    const finished =
      file === undefined
        ? await release(storage, plan)
        : await restoreFile({ file, options, config, storage, authorityKey, plan })
    process.stdout.write(`${describeRestore(finished, options).join('\n')}\n`)
  } finally {
    held.release()
  }
  return 0
}

type Plan = (point: BackupPoint) => Ending

async function release(storage: StorageLocation, plan: Plan): Promise<FinishedRestore> {
  if (storage.engine === 'sqlite' && !existsSync(storage.path)) throw nothingHeld()
  const held = await findUnfinished(storage)
  if (held?.state !== 'held') throw nothingHeld()
  return finishRestore(storage, { actor: actorOf('restore'), now: Date.now() }, plan(held.point))
}

const nothingHeld = () =>
  new PosternError('bad_request', 'No store is held. Name the file of a backup: postern restore FILE.')

interface FileRestore {
  file: string
  options: RestoreOptions
  config: Config
  storage: StorageLocation
  authorityKey: MasterKey
  plan: Plan
}

async function restoreFile(given: FileRestore): Promise<FinishedRestore> {
  const { file, options, config, storage, authorityKey, plan } = given
  if (!existsSync(file)) throw new PosternError('bad_request', `${file} does not exist.`)
  if (options.identity === undefined)
    throw new PosternError('bad_request', 'Name the file with the private key of the recipient: --identity.')
  const identities = await readIdentities(options.identity, config)
  const { octets, sha256 } = await measureFile(file)
  assertRoom(config.dataFolder, octets * expanded)
  return inWorkFolder(config.dataFolder, async (folder) => {
    const { path, head } = await readBack(file, identities, { folder, keys: toKeyProof(authorityKey) })
    const details: RestoreDetails = {
      ...{ takenAt: head.takenAt, sha256 },
      ...{ actor: actorOf('restore'), now: Date.now() },
    }
    const point = await markLoaded(path, details)
    const aside = () => setCheckpointsAside(config, details.now, head.checkpoints).forEach(tellKept)
    if (storage.engine === 'postgres') {
      await fillOnce(storage, path, sha256)
      aside()
      return finishRestore(storage, details, plan(point))
    }
    const finished = await finishRestore({ engine: 'sqlite', path }, details, plan(point))
    aside()
    const unreadable = await replaceSqlite(path, storage.path)
    if (unreadable !== undefined) tellKept(unreadable)
    return finished
  })
}

const tellKept = (name: string): void => {
  process.stderr.write(`postern: hint: ${name} is kept: it may prove what the backup does not have.\n`)
}

/** Fills the database, unless a restore of the same backup that was cut off has. */
async function fillOnce(
  storage: StorageLocation & { engine: 'postgres' },
  path: string,
  sha256: string,
): Promise<void> {
  const begun = await findUnfinished(storage)
  if (begun?.state !== 'loaded') await moveToPostgres(path, storage.url)
  else if (begun.sha256 !== sha256)
    throw new PosternError(
      'conflict',
      'The database holds a restore of another backup that was cut off. Restore that one, or give an empty database.',
    )
}

function describeRestore(
  { isHeld, rows, skipped, retirements }: FinishedRestore,
  options: RestoreOptions,
): string[] {
  const counts = Object.entries(rows).map(([table, count]) => `${table} ${count}`)
  const back = counts.length === 0 ? 'nothing' : counts.join(', ')
  const lines = [
    `From the journal came back: ${back}. Everybody signs in again; open links and invitations ended.`,
  ]
  if (retirements > 0)
    lines.push(
      `Planned retirements of certificates that ended: ${retirements}. No certificate is retired by itself; tell their organizations to plan it again.`,
    )
  if (skipped.length > 0)
    lines.push(
      `Not brought back: ${skipped.slice(0, maxNames).join(', ')}. Gateways deny such certificates, such users are deactivated, and people whose erasure is named have to be erased again.`,
    )
  if (isHeld)
    lines.push(
      'The store is in place, and held: the authority signs nothing and gateways do not start. The journal does not reach from the backup to its end without a gap, so that what was revoked, removed or issued since the backup may be missing. Decide: postern restore --journal FOLDER with another copy of the journal, or postern restore --without-journal.',
    )
  else if (options.withoutJournal === true)
    lines.push(
      'The store is released without a whole journal. Missing may be what happened since the backup: certificates revoked or issued, secrets, members and keys removed, organizations suspended, passwords changed. Gateways that were never stopped know of revocations and deletions and deny them; for all else compare your own records, and revoke again. Numbers of CRLs went on by 30 days; serial numbers are random.',
    )
  else lines.push('The store is released: the journal is whole from the backup to its last entry.')
  return lines
}
