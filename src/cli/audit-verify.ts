import { createAuditStore } from '../audit/audit-store.ts'
import { listCertifiedKeys } from '../audit/certified-keys.ts'
import { type Checkpoint, parseCheckpoint } from '../audit/checkpoint.ts'
import { readCheckpointFile } from '../audit/checkpoint-file.ts'
import { type CheckpointStore, createCheckpointStore } from '../audit/checkpoint-store.ts'
import { type AuditResult, describeChainProblem, verifyAudit } from '../audit/verify-audit.ts'
import { readSettings, type Settings } from '../config/read-settings.ts'
import { toConfig } from '../config/to-config.ts'
import { findMasterKey, toSecrets } from '../config/to-secrets.ts'
import { PosternError } from '../errors.ts'
import { listSealedAuditKeys } from '../signer/audit-key.ts'
import { type Database, openDatabase } from '../storage/database.ts'
import { readGiven, readPublicKey, readRoot } from './read-anchor.ts'

/** The options of `postern audit verify`. */
export interface VerifyOptions {
  checkpoint?: string[]
  key?: string[]
  root?: string
}

/** External checkpoints, and notes about their source for the reader. */
interface Kept {
  checkpoints: Checkpoint[]
  notes: string[]
}

/**
 * Verifies the audit log of the store with keys that do not come from the store, and with external
 * checkpoints. Returns the exit code: 1 if the log is not intact. Throws `bad_request` if no option
 * identifies the key.
 */
export async function auditVerify(options: VerifyOptions): Promise<number> {
  const given = (options.checkpoint ?? []).flatMap(readGivenCheckpoints)
  const settings = readSettings()
  const config = toConfig(settings)
  const kept = readKept(config.audit.checkpointFiles)
  const database = await openDatabase(toSecrets(settings, config, 'tool').storage)
  try {
    const parts = { audit: createAuditStore(database), checkpoints: createCheckpointStore(database) }
    const anchor = await openAnchor(options, settings, database, parts.checkpoints)
    const result = await verifyAudit(parts, {
      keys: anchor.keys,
      kept: [...kept.checkpoints, ...given],
    })
    const problem = result.problem && describeChainProblem(result.problem)
    const notes = [anchor.note, ...kept.notes, ...describeLimits(result, [...kept.checkpoints, ...given])]
    const lines = problem === undefined ? describeWhole(result) : [problem]
    process.stdout.write(`${[...lines, ...notes].join('\n')}\n`)
    return problem === undefined ? 0 : 1
  } finally {
    await database.close()
  }
}

/** Returns the trusted keys from the options, independent of the store. */
async function openAnchor(
  { key, root }: VerifyOptions,
  settings: Settings,
  database: Database,
  checkpoints: CheckpointStore,
): Promise<{ keys: Uint8Array[]; note: string }> {
  const given = (key ?? []).map(readPublicKey)
  const certified = root === undefined ? [] : await listCertifiedKeys(checkpoints, readRoot(root))
  if (key !== undefined || root !== undefined) {
    const names = [...(key ?? []), ...(root === undefined ? [] : [root])]
    return {
      keys: [...given, ...certified],
      note: `The key of the audit log is known by ${names.join(', ')}.`,
    }
  }
  const authorityKey = findMasterKey(settings, toConfig(settings), 'authority')
  if (authorityKey === undefined) {
    throw new PosternError(
      'bad_request',
      'Name what the key of the audit log is known by: --root with the root certificate, or --key with the public key, got otherwise than from the store. Where the authority key is at hand, POSTERN_AUTHORITY_KEY does.',
    )
  }
  return {
    keys: await listSealedAuditKeys(database.queries, authorityKey),
    note: 'The key of the audit log is known by the authority key that seals it.',
  }
}

function readKept(files: readonly string[]): Kept {
  const kept: Kept = { checkpoints: [], notes: [] }
  for (const file of files) {
    const read = readCheckpointFile(file)
    if (read === undefined) {
      kept.notes.push(`${file} is not there: it was deleted, or is kept on another machine.`)
      continue
    }
    kept.checkpoints.push(...read.checkpoints)
    const last = read.checkpoints.at(-1)
    const end = last && `, the last for row ${last.sequence} of ${new Date(last.at).toISOString()}`
    kept.notes.push(`${file} holds ${read.checkpoints.length} checkpoints${end ?? ''}.`)
    const [line] = read.unreadable
    // Like a truncated file, it proves nothing against the log, and less for it.
    if (line !== undefined)
      kept.notes.push(
        `Line ${line} of ${file} is no checkpoint: a write was cut short, or the file was altered.`,
      )
  }
  return kept
}

const describeWhole = ({ end, checkpoints }: AuditResult) => [
  `The audit log is whole: ${end.sequence} rows, ${checkpoints} signed checkpoints.`,
  `Its last hash is ${end.hash}.`,
]

/** Returns what this run could not prove. */
function describeLimits({ end, newest, problem }: AuditResult, kept: readonly Checkpoint[]): string[] {
  if (problem !== undefined) return []
  const outside = Math.max(0, ...kept.map(({ sequence }) => sequence))
  const lines: string[] = []
  if (outside < (newest?.sequence ?? 0))
    lines.push(
      `Outside the store nothing is known of the rows after ${outside}: that these were cut off together with their checkpoints would not be seen.`,
    )
  if (newest !== undefined && newest.sequence < end.sequence)
    lines.push(
      `The rows after ${newest.sequence} are newer than the last checkpoint (${new Date(newest.at).toISOString()}): nobody has signed them yet.`,
    )
  return lines
}

/**
 * Reads checkpoints: one as getAuditState returns it, alone or in the whole response; or a file with one per
 * line.
 */
function readGivenCheckpoints(file: string): Checkpoint[] {
  const text = readGiven(file).toString('utf8')
  try {
    return [parseJson(text)]
  } catch {
    const read = readCheckpointFile(file)
    if (read !== undefined && read.checkpoints.length > 0 && read.unreadable.length === 0)
      return read.checkpoints
    throw new PosternError(
      'bad_request',
      `${file} does not hold a checkpoint. Give the JSON that the operation getAuditState answered with, or a file of checkpoints.`,
    )
  }
}

function parseJson(text: string): Checkpoint {
  const value: unknown = JSON.parse(text)
  const { checkpoint } = value as { checkpoint?: unknown }
  return parseCheckpoint(checkpoint ?? value)
}
