import { createHash, type KeyObject } from 'node:crypto'
import { sql } from 'kysely'
import { recordAudit } from '../audit/record-audit.ts'
import { PosternError } from '../errors.ts'
import { parseCertificate } from '../pki/certificate/certificate.ts'
import { isSameBytes } from '../pki/der/same-bytes.ts'
import type { Actor } from '../shapes/actor.ts'
import type { MasterKey } from '../shapes/master-key.ts'
import { recordChange } from '../storage/change-log.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { emptyLog } from '../storage/empty-log.ts'
import { isPostgres } from '../storage/engine.ts'
import { locks, takeLock } from '../storage/lock-order.ts'
import { findKeyLocation, moveIssuerKey, readSealedKey } from './issuer-key-store.ts'
import { getSpki } from './sign-tbs.ts'

/** The dependencies that move the key of the root. */
export interface RootKeyDependencies {
  database: Database
  authorityKey: MasterKey
  actor: Actor
  now: number
}

/** The root with its certificate and id. */
export interface Root {
  id: string
  certificateDer: Uint8Array
}

/** Returns the latest root. Throws `issuer_unavailable` if there is none. */
export async function getRoot(queries: Queries): Promise<Root> {
  const row = await queries
    .selectFrom('issuers')
    .select(['id', 'certificate_der'])
    .where('kind', '=', 'root')
    .orderBy('created_at', 'desc')
    .executeTakeFirst()
  if (row !== undefined) return { id: row.id, certificateDer: new Uint8Array(row.certificate_der) }
  throw new PosternError('issuer_unavailable', 'There is no root yet. Start the portal once.')
}

/** Throws `bad_request` unless `key` is the private key of the root's certificate. */
export function assertKeyOfRoot(key: KeyObject, { certificateDer }: Root): void {
  if (isSameBytes(getSpki(key), parseCertificate(certificateDer).spki)) return
  throw new PosternError(
    'bad_request',
    'The file holds another key than the one of the root certificate. Nothing was changed.',
  )
}

/**
 * Returns the key of the root for export into `file`; the audit log records this first. Throws
 * `root_offline`, `conflict` for a key in a token, `master_key_wrong`.
 */
export async function exportRootKey(dependencies: RootKeyDependencies, file: string): Promise<KeyObject> {
  return dependencies.database.transaction(async (tx) => {
    const root = await getRoot(tx)
    const key = await readSealedKey(tx, dependencies.authorityKey, root.id)
    assertKeyOfRoot(key, root)
    await record(tx, dependencies, root, { action: 'root_key.exported', details: { file } })
    return key
  })
}

/** Records in the audit log that the file was not written. */
export async function recordFailedExport(dependencies: RootKeyDependencies, file: string): Promise<void> {
  await dependencies.database.transaction(async (tx) =>
    record(tx, dependencies, await getRoot(tx), { action: 'root_key.export_failed', details: { file } }),
  )
}

/**
 * Removes the key of the root from the store: from then on it is offline. `exported` is the key as read from
 * the exported file. Throws `bad_request` if that is a different key, `root_offline`, `conflict` for a key in
 * a token, `master_key_wrong`; then nothing is changed. Throws `storage_unavailable` if the key was removed
 * but a trace of the sealed key may remain.
 */
export async function removeRootKey(dependencies: RootKeyDependencies, exported: KeyObject): Promise<void> {
  const { database, authorityKey, now } = dependencies
  // By default SQLite leaves deleted content in its file.
  if (!isPostgres(database.queries)) await sql`pragma secure_delete = on`.execute(database.queries)
  await database.transaction(async (tx) => {
    await takeLock(tx, locks.authority)
    const root = await getRoot(tx)
    assertKeyOfRoot(exported, root)
    await readSealedKey(tx, authorityKey, root.id)
    await moveIssuerKey(tx, authorityKey, root.id, 'offline')
    await recordChange(tx, 'issuer', root.id, now)
    await record(tx, dependencies, root, { action: 'root_key.removed' })
  })
  if (isPostgres(database.queries) || (await emptyLog(database.queries))) return
  throw new PosternError(
    'storage_unavailable',
    'The root is offline now. But a program that reads the store all the time keeps the sealed key in the file postern.db-wal. End that program, then stop Postern and start it.',
  )
}

/**
 * Stores the key of an offline root again, sealed. Throws `bad_request` for a different key, `conflict` if
 * the root is not offline.
 */
export async function importRootKey(dependencies: RootKeyDependencies, key: KeyObject): Promise<Root> {
  const { database, authorityKey, now } = dependencies
  return database.transaction(async (tx) => {
    await takeLock(tx, locks.authority)
    const root = await getRoot(tx)
    assertKeyOfRoot(key, root)
    if ((await findKeyLocation(tx, root.id)) !== 'offline')
      throw new PosternError('conflict', 'The key of the root is here already. Nothing was changed.')
    await moveIssuerKey(tx, authorityKey, root.id, key)
    await recordChange(tx, 'issuer', root.id, now)
    await record(tx, dependencies, root, { action: 'root_key.imported' })
    return root
  })
}

async function record(
  tx: Tx,
  { actor, now }: RootKeyDependencies,
  { id, certificateDer }: Root,
  { action, details = {} }: { action: string; details?: Record<string, unknown> },
): Promise<void> {
  const { spki } = parseCertificate(certificateDer)
  const after = { ...details, publicKeySha256: createHash('sha256').update(spki).digest('hex') }
  const subject = { organizationId: null, subjectKind: 'issuer', subjectId: id }
  await recordAudit(tx, { actor, action, ...subject, after }, now)
}
