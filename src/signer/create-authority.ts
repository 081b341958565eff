import { recordAudit } from '../audit/record-audit.ts'
import { PosternError } from '../errors.ts'
import { parseCertificate } from '../pki/certificate/certificate.ts'
import { type Actor, systemActor } from '../shapes/actor.ts'
import { recordChange } from '../storage/change-log.ts'
import type { Database, Tx } from '../storage/database.ts'
import { locks, takeLock } from '../storage/lock-order.ts'
import {
  assertIssuerKeysOpen,
  findKeyLocation,
  insertIssuerKey,
  type KeyAccess,
  openIssuerKey,
  rootIsOffline,
} from './issuer-key-store.ts'
import {
  type MadeIssuer,
  type MakeDependencies,
  makeIssuing,
  makeRoot,
  type PresentIssuer,
} from './make-issuer.ts'

/** The dependencies that create one issuer. */
interface IssuerDependencies extends MakeDependencies {
  database: Database
}

/** The dependencies that create the certificate authority. */
export interface AuthorityDependencies extends IssuerDependencies {
  environments: readonly { name: string; label?: string | undefined }[]
}

/**
 * Creates the missing ones of the root and one issuing CA per environment; does nothing if all exist, even if
 * two processes start concurrently. Throws `master_key_wrong`, and changes nothing, if the key does not open
 * the stored keys; `root_offline` or the token's error if a missing issuer cannot be created.
 */
export async function ensureAuthority(dependencies: AuthorityDependencies): Promise<void> {
  await dependencies.database.transaction(
    async (tx) => {
      // Of two processes that start concurrently, one creates keys. A token is slow, so no change waits for
      // it.
      await takeLock(tx, locks.makeKeys)
      await assertIssuerKeysOpen(tx, dependencies.authorityKey)
      const present = await findRoot(tx)
      const missing = []
      for (const environment of dependencies.environments)
        if (!(await hasIssuer(tx, environment.name))) missing.push(environment)
      if (present !== undefined && missing.length === 0) return
      if (present !== undefined && (await findKeyLocation(tx, present.id)) === 'offline')
        throw rootIsOffline(`the new environment ${missing[0]?.name}`)
      const made = await makeMissing(tx, dependencies, present, missing)
      await takeLock(tx, locks.record)
      await takeLock(tx, locks.authority)
      for (const issuer of made) await insertIssuer(tx, dependencies, systemActor('authority'), issuer)
    },
    // A retry would leave the keys of the first run in the token.
    { records: false, once: true },
  )
}

/** Creates the root, if missing, before the CAs that it certifies. */
async function makeMissing(
  tx: Tx,
  dependencies: AuthorityDependencies,
  present: StoredRoot | undefined,
  environments: AuthorityDependencies['environments'],
): Promise<MadeIssuer[]> {
  const made = present === undefined ? [await makeRoot(dependencies)] : []
  const root = present === undefined ? made[0] : await openRoot(tx, dependencies, present)
  if (root === undefined) return []
  for (const environment of environments) made.push(await makeIssuing(dependencies, environment, root))
  return made
}

/**
 * Creates an additional issuing CA for an environment: it signs new certificates from now on, and the
 * gateways trust both. Throws `master_key_wrong`, `root_offline`, and `issuer_unavailable` without the root's
 * key or the token.
 */
export async function addIssuer(
  dependencies: IssuerDependencies,
  environment: AuthorityDependencies['environments'][number],
  actor: Actor,
): Promise<string> {
  const { queries } = dependencies.database
  const present = await findRoot(queries)
  if (present === undefined)
    throw new PosternError('issuer_unavailable', 'There is no root yet. Start the portal once.')
  // No transaction waits for a token.
  const made = await makeIssuing(dependencies, environment, await openRoot(queries, dependencies, present))
  await dependencies.database.transaction((tx) => insertIssuer(tx, dependencies, actor, made))
  return made.id
}

type StoredRoot = Omit<PresentIssuer, 'key'>

async function findRoot(queries: Database['queries']): Promise<StoredRoot | undefined> {
  const row = await queries
    .selectFrom('issuers')
    .select(['id', 'certificate_der'])
    .where('kind', '=', 'root')
    .orderBy('created_at', 'desc')
    .executeTakeFirst()
  return row && { id: row.id, certificateDer: new Uint8Array(row.certificate_der) }
}

async function openRoot(
  queries: Database['queries'],
  access: KeyAccess,
  root: StoredRoot,
): Promise<PresentIssuer> {
  return { ...root, key: await openIssuerKey(queries, access, root.id) }
}

async function hasIssuer(tx: Tx, environment: string): Promise<boolean> {
  const row = await tx
    .selectFrom('issuers')
    .select('id')
    .where('kind', '=', 'issuing')
    .where('environment', '=', environment)
    .executeTakeFirst()
  return row !== undefined
}

async function insertIssuer(
  tx: Tx,
  { authorityKey, clock }: IssuerDependencies,
  actor: Actor,
  { id, certificateDer, kind, environment, parentId, made }: MadeIssuer,
): Promise<void> {
  const now = clock.now()
  const { notBefore, notAfter, serialNumber } = parseCertificate(certificateDer)
  await tx
    .insertInto('issuers')
    .values({
      id,
      kind,
      environment,
      parent_id: parentId,
      certificate_der: certificateDer,
      not_before: notBefore,
      not_after: notAfter,
      created_at: now,
    })
    .execute()
  await insertIssuerKey(tx, authorityKey, { issuerId: id, made }, now)
  await recordChange(tx, 'issuer', id, now)
  const after = { kind, environment, serialNumber, key: 'hsm' in made ? `token ${made.hsm.name}` : 'store' }
  const subject = { organizationId: null, subjectKind: 'issuer', subjectId: id }
  await recordAudit(tx, { actor, action: 'issuer.created', ...subject, after }, now)
}
