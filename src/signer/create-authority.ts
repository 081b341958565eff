import { type Actor, recordAudit, systemActor } from '../audit/record-audit.ts'
import { PosternError } from '../errors.ts'
import { parseCertificate } from '../pki/certificate.ts'
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
import { type MadeIssuer, type MakeParts, makeIssuing, makeRoot, type PresentIssuer } from './make-issuer.ts'

/** What one issuer is made from. */
interface IssuerParts extends MakeParts {
  database: Database
}

/** What the authority is made from. */
export interface AuthorityParts extends IssuerParts {
  environments: readonly { name: string; label?: string | undefined }[]
}

/**
 * Makes what is missing of root and one issuing CA per environment; does nothing where all is there,
 * also when two processes start at once. Throws `master_key_wrong`, and changes nothing, when
 * the key does not open what is there; `root_offline` or what a token throws when an issuer is missing that
 * cannot be made.
 */
export async function ensureAuthority(parts: AuthorityParts): Promise<void> {
  await parts.database.transaction(
    async (tx) => {
      await takeLock(tx, locks.authority)
      await assertIssuerKeysOpen(tx, parts.authorityKey)
      const actor = systemActor('authority')
      const present = await findRoot(tx)
      const missing = []
      for (const environment of parts.environments)
        if (!(await hasIssuer(tx, environment.name))) missing.push(environment)
      if (present !== undefined && missing.length === 0) return
      // With the lock held: of two processes that start at once one makes keys.
      if (present !== undefined && (await findKeyLocation(tx, present.id)) === 'offline')
        throw rootIsOffline(`the new environment ${missing[0]?.name}`)
      const root = present ? await openRoot(tx, parts, present) : await insertRoot(tx, parts, actor)
      for (const environment of missing)
        await insertIssuer(tx, parts, actor, await makeIssuing(parts, environment, root))
      // Keys that were made in a token would stay there when it was run again.
    },
    { once: true },
  )
}

/**
 * Makes another issuing CA for an environment, beside those that are there: it signs new certificates from
 * now on, and the gateways trust both. Throws `master_key_wrong`, `root_offline`, and `issuer_unavailable`
 * without the root's key or the token.
 */
export async function addIssuer(
  parts: IssuerParts,
  environment: AuthorityParts['environments'][number],
  actor: Actor,
): Promise<void> {
  const { queries } = parts.database
  const present = await findRoot(queries)
  if (present === undefined)
    throw new PosternError('issuer_unavailable', 'There is no root yet. Start the portal once.')
  // No transaction waits for a token.
  const made = await makeIssuing(parts, environment, await openRoot(queries, parts, present))
  await parts.database.transaction((tx) => insertIssuer(tx, parts, actor, made))
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

async function insertRoot(tx: Tx, parts: IssuerParts, actor: Actor): Promise<PresentIssuer> {
  const root = await makeRoot(parts)
  await insertIssuer(tx, parts, actor, root)
  return root
}

async function insertIssuer(
  tx: Tx,
  { authorityKey, clock }: IssuerParts,
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
  await insertIssuerKey(tx, authorityKey, id, made, now)
  await recordChange(tx, 'issuer', id, now)
  const after = { kind, environment, serialNumber, key: 'hsm' in made ? `token ${made.hsm.name}` : 'store' }
  const subject = { organizationId: null, subjectKind: 'issuer', subjectId: id }
  await recordAudit(tx, { actor, action: 'issuer.created', ...subject, after }, now)
}
