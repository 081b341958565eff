import { existsSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { generateHybridIdentity, generateX25519Identity, identityToRecipient } from 'age-encryption'
import { makeFolder, moveFile } from '../durable-file.ts'
import { PosternError } from '../errors.ts'
import { randomHex } from '../random-octets.ts'
import type { BackupHead } from './backup-head.ts'
import { readLines, writeLines } from './backup-lines.ts'
import { type CopyProof, checkCopy, type KeyProof } from './check-copy-store.ts'
import { readEncrypted, writeEncrypted } from './encrypted-file.ts'
import { fillSqlite } from './fill-sqlite-store.ts'
import type { OpenSource } from './open-source-store.ts'

/** What a backup is made of, and where to. */
export interface BackupRequest {
  file: string
  recipient: string
  /** A folder for what is thrown away at the end. */
  folder: string
  release: string
  takenAt: number
  configuration: string | null
  checkpoints: string
  keys: KeyProof
  openSource(): Promise<OpenSource>
}

/** A backup that was read back and checked. */
export interface VerifiedBackup extends CopyProof {
  octets: number
  /** SHA-256 of the file, hex. */
  sha256: string
}

/**
 * Writes a backup into a new file, reads it back from the disk and checks what was read; only then the file has its name.
 * It can be opened by the recipient, and, until this returns, by a key that exists in memory alone. Throws `conflict` if
 * the file exists, and what `checkCopy` throws.
 */
export async function writeBackup(request: BackupRequest): Promise<VerifiedBackup> {
  const file = resolve(request.file)
  if (existsSync(file))
    throw new PosternError('conflict', `${file} exists. A backup overwrites nothing: give another name.`)
  makeFolder(dirname(file))
  const unfinished = `${file}.${randomHex(8)}.new`
  try {
    const ownKey = await makeOwnKey(request.recipient)
    const written = await writeStore(request, unfinished, await identityToRecipient(ownKey))
    const proof = await readBack(unfinished, [ownKey], request)
    if (existsSync(file)) throw new PosternError('conflict', `${file} was made by another program meanwhile.`)
    moveFile(unfinished, file)
    return { ...written, ...proof }
  } finally {
    rmSync(unfinished, { force: true })
  }
}

/** A key as strong as the one of the recipient: the weaker of two would open the file. */
const makeOwnKey = (recipient: string): Promise<string> =>
  /^age1(?:tag)?pq1/.test(recipient) ? generateHybridIdentity() : generateX25519Identity()

async function writeStore(
  { recipient, release, takenAt, configuration, checkpoints, openSource }: BackupRequest,
  path: string,
  ownRecipient: string,
): Promise<{ octets: number; sha256: string }> {
  const source = await openSource()
  try {
    const { engine, auditHead } = source
    const head = {
      ...({ postern: 'backup', format: 1, release, engine, takenAt } as const),
      ...{ migrations: [...source.migrations], auditHead, configuration, checkpoints },
    }
    return await writeEncrypted(path, [recipient, ownRecipient], writeLines(head, source))
  } finally {
    await source.close()
  }
}

/** A backup that was opened. */
export interface OpenedBackup {
  head: BackupHead
  /** The SQLite store that was filled with it. */
  path: string
}

/**
 * Opens a backup, fills a store with it in `folder`, and checks it. Throws what `readEncrypted`, `readLines` and
 * `checkCopy` throw.
 */
export async function readBack(
  file: string,
  identities: readonly string[],
  { folder, keys }: { folder: string; keys: KeyProof | undefined },
): Promise<CopyProof & OpenedBackup> {
  const path = join(folder, 'read-back.db')
  let filled: Awaited<ReturnType<typeof fillSqlite>> | undefined
  try {
    const read = await readLines(readEncrypted(file, identities), async ({ migrations }) => {
      filled = await fillSqlite(path, migrations)
      return filled
    })
    await filled?.finish()
    filled = undefined
    return { ...(await checkCopy(path, read, keys)), head: read.head, path }
  } finally {
    await filled?.abandon()
  }
}
