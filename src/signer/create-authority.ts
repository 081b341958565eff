import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { type Actor, recordAudit, systemActor } from '../audit/record-audit.ts'
import type { Clock } from '../clock.ts'
import { PosternError } from '../errors.ts'
import { parseCertificate } from '../pki/certificate.ts'
import { draftAuthorityCertificate } from '../pki/certificate-profile.ts'
import { issuerFactsOf } from '../pki/issuer-facts.ts'
import { keyIdentifier } from '../pki/key-identifier.ts'
import type { DistinguishedName } from '../pki/name.ts'
import { oids } from '../pki/oids.ts'
import { recordChange } from '../storage/change-log.ts'
import type { Database, Tx } from '../storage/database.ts'
import { locks, takeLock } from '../storage/engine.ts'
import { newId } from '../storage/id.ts'
import { insertIssuerKey, openIssuerKey } from './issuer-key-store.ts'
import { newSerialNumber } from './new-serial-number.ts'
import { signTbs, spkiOf } from './sign-tbs.ts'

const day = 86_400_000
const rootDays = 7305
const issuingDays = 3650
const backdateMilliseconds = 300_000

/** What the authority is made from. */
export interface AuthorityParts {
  database: Database
  authorityKey: Uint8Array
  clock: Clock
  /** Where CRLs and issuer certificates are fetched, without a slash at the end. */
  publicationUrl: string
  environments: readonly { name: string; label?: string | undefined }[]
}

/** What one issuer is made from. */
type IssuerParts = Omit<AuthorityParts, 'environments'>

interface StoredIssuer {
  id: string
  certificateDer: Uint8Array
}

/**
 * Makes what is missing of root and one issuing CA per environment; does nothing where all is there,
 * also when two processes start at once. Throws `master_key_wrong`, and changes nothing, when
 * the key does not open what is there.
 */
export async function ensureAuthority(parts: AuthorityParts): Promise<void> {
  await parts.database.transaction(async (tx) => {
    await takeLock(tx, locks.authority)
    const root = (await findIssuer(tx, 'root', null)) ?? (await createRoot(tx, parts))
    const rootKey = await openIssuerKey(tx, parts.authorityKey, root.id)
    for (const environment of parts.environments) {
      const present = await findIssuer(tx, 'issuing', environment.name)
      if (present === undefined)
        await createIssuing(tx, parts, environment, { ...root, key: rootKey }, systemActor('authority'))
    }
  })
}

/**
 * Makes another issuing CA for an environment, beside those that are there: it signs new certificates from
 * now on, and the gateways trust both. Throws `master_key_wrong`, and `issuer_unavailable` without the root's key.
 */
export async function addIssuer(
  parts: IssuerParts,
  environment: AuthorityParts['environments'][number],
  actor: Actor,
): Promise<void> {
  await parts.database.transaction(async (tx) => {
    await takeLock(tx, locks.authority)
    const root = await findIssuer(tx, 'root', null)
    if (root === undefined)
      throw new PosternError('issuer_unavailable', 'There is no root yet. Start the portal once.')
    const rootKey = await openIssuerKey(tx, parts.authorityKey, root.id)
    await createIssuing(tx, parts, environment, { ...root, key: rootKey }, actor)
  })
}

async function findIssuer(
  tx: Tx,
  kind: 'root' | 'issuing',
  environment: string | null,
): Promise<StoredIssuer | undefined> {
  const row = await tx
    .selectFrom('issuers')
    .select(['id', 'certificate_der'])
    .where('kind', '=', kind)
    .where('environment', environment === null ? 'is' : '=', environment)
    .orderBy('created_at', 'desc')
    .executeTakeFirst()
  return row && { id: row.id, certificateDer: row.certificate_der }
}

async function createRoot(tx: Tx, parts: IssuerParts): Promise<StoredIssuer> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const now = parts.clock.now()
  const spki = spkiOf(privateKey)
  const tbs = draftAuthorityCertificate({
    kind: 'root',
    signatureAlgorithm: 'ecdsa-with-SHA384',
    serialNumber: newSerialNumber(),
    subject: nameOf(`Postern Root ${randomBytes(4).toString('hex')}`),
    spki,
    subjectKeyIdentifier: await keyIdentifier(spki),
    notBefore: now - backdateMilliseconds,
    notAfter: now + rootDays * day,
  })
  return insertIssuer(tx, parts, systemActor('authority'), {
    kind: 'root',
    environment: null,
    parentId: null,
    key: privateKey,
    certificateDer: await signTbs(privateKey, tbs),
  })
}

async function createIssuing(
  tx: Tx,
  parts: IssuerParts,
  environment: AuthorityParts['environments'][number],
  root: StoredIssuer & { key: KeyObject },
  actor: Actor,
): Promise<StoredIssuer> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const now = parts.clock.now()
  const spki = spkiOf(privateKey)
  const issuer = issuerFactsOf(root.certificateDer)
  const tbs = draftAuthorityCertificate({
    kind: 'issuing',
    issuer,
    serialNumber: newSerialNumber(),
    subject: nameOf(`Postern ${environment.label ?? environment.name} CA ${randomBytes(4).toString('hex')}`),
    spki,
    subjectKeyIdentifier: await keyIdentifier(spki),
    notBefore: now - backdateMilliseconds,
    notAfter: Math.min(now + issuingDays * day, issuer.notAfter),
    crlUrl: `${parts.publicationUrl}/crl/${root.id}.crl`,
    issuerUrl: `${parts.publicationUrl}/issuers/${root.id}.cer`,
  })
  const certificateDer = await signTbs(root.key, tbs)
  return insertIssuer(tx, parts, actor, {
    kind: 'issuing',
    environment: environment.name,
    parentId: root.id,
    key: privateKey,
    certificateDer,
  })
}

async function insertIssuer(
  tx: Tx,
  { authorityKey, clock }: IssuerParts,
  actor: Actor,
  issuer: {
    kind: string
    environment: string | null
    parentId: string | null
    key: KeyObject
    certificateDer: Uint8Array
  },
): Promise<StoredIssuer> {
  const now = clock.now()
  const id = newId('iss', now)
  const { notBefore, notAfter, serialNumber } = parseCertificate(issuer.certificateDer)
  await tx
    .insertInto('issuers')
    .values({
      id,
      kind: issuer.kind,
      environment: issuer.environment,
      parent_id: issuer.parentId,
      certificate_der: issuer.certificateDer,
      not_before: notBefore,
      not_after: notAfter,
      created_at: now,
    })
    .execute()
  await insertIssuerKey(tx, authorityKey, id, issuer.key, now)
  await recordChange(tx, 'issuer', id, now)
  const after = { kind: issuer.kind, environment: issuer.environment, serialNumber }
  await recordAudit(
    tx,
    {
      actor,
      action: 'issuer.created',
      organizationId: null,
      subjectKind: 'issuer',
      subjectId: id,
      after,
    },
    now,
  )
  return { id, certificateDer: issuer.certificateDer }
}

const nameOf = (commonName: string): DistinguishedName => [
  { type: oids.organizationName, value: 'Postern' },
  { type: oids.commonName, value: commonName },
]
