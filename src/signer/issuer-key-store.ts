import { type KeyObject, verify, X509Certificate } from 'node:crypto'
import type { KeyLocation } from '../contract/authority.ts'
import { PosternError } from '../errors.ts'
import { parseCertificate } from '../pki/certificate/certificate.ts'
import { isSameBytes } from '../pki/der/same-bytes.ts'
import type { IssuerDetails } from '../pki/profile/certificate-profile.ts'
import { getIssuerDetails } from '../pki/profile/issuer-details.ts'
import type { MasterKey } from '../shapes/master-key.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { toSealedValues } from '../storage/sealed-column-store.ts'
import { assertReleased } from '../storage/store-hold.ts'
import type { Hsm } from './hsm.ts'
import { notAuthentic } from './record-seals.ts'
import { openPrivateKey, sealPrivateKey } from './sealed-key.ts'
import { getOctets, hashOf, type SigningKey, toSigningKey } from './sign-tbs.ts'

/** The private key of an issuer, for signing. */
export interface IssuerKey extends SigningKey {
  isRoot: boolean
  /** What its certificate says. */
  details: IssuerDetails
}

/** The secrets that open the keys of issuers. */
export interface KeyAccess {
  /** 32 bytes that seal the keys in the store. */
  authorityKey: MasterKey
  /** The token of the keys that are not in the store. */
  hsm?: Hsm | undefined
}

/** A new key of an issuer: one to seal, or one that a token has created. */
export type NewIssuerKey = { key: KeyObject } | { hsm: Hsm; keyId: Uint8Array; algorithm: string }

const contextOf = (issuerId: string) => `issuer-key:${issuerId}`

/** Stores the private key of an issuer, sealed, or its location in a token. */
export async function insertIssuerKey(
  tx: Tx,
  authorityKey: MasterKey,
  { issuerId, made }: { issuerId: string; made: NewIssuerKey },
  now: number,
): Promise<void> {
  const place =
    'key' in made
      ? {
          algorithm: made.key.asymmetricKeyType ?? 'unknown',
          location: 'store' as const,
          sealed_key: sealPrivateKey(authorityKey, made.key, contextOf(issuerId)),
        }
      : {
          algorithm: made.algorithm,
          location: 'pkcs11' as const,
          token: made.hsm.name,
          token_key_id: Buffer.from(made.keyId).toString('hex'),
        }
  await tx
    .insertInto('issuer_keys')
    .values({ issuer_id: issuerId, created_at: now, ...place })
    .execute()
}

/**
 * Returns the private key of an issuer, for signing. Throws `root_offline` for the key of an offline root,
 * `issuer_unavailable` if it is not available or the store is held after a restore, `master_key_wrong` if it cannot be opened, and
 * `record_not_authentic` if the certificate of the issuer does not match its key.
 */
export async function openIssuerKey(
  queries: Database['queries'],
  { authorityKey, hsm }: KeyAccess,
  issuerId: string,
): Promise<IssuerKey> {
  await assertReleased(queries)
  const row = await queries
    .selectFrom('issuer_keys')
    .innerJoin('issuers', 'issuers.id', 'issuer_keys.issuer_id')
    .select(['kind', 'location', 'sealed_key', 'token', 'token_key_id', 'certificate_der'])
    .where('issuer_id', '=', issuerId)
    .executeTakeFirst()
  if (row?.sealed_key)
    return toIssuerKey(row, toSigningKey(openPrivateKey(authorityKey, row.sealed_key, contextOf(issuerId))))
  if (row?.location === 'offline') throw rootIsOffline()
  if (row?.token_key_id && hsm !== undefined) {
    // A key in a token has the id of its issuer, so that the row of one issuer does not open the key of
    // another.
    if (row.token_key_id !== Buffer.from(issuerId).toString('hex')) throw notAuthentic(`issuer ${issuerId}`)
    return toIssuerKey(row, openTokenKey(hsm, row.token_key_id, new Uint8Array(row.certificate_der)))
  }
  throw new PosternError(
    'issuer_unavailable',
    row?.token_key_id
      ? `The key of this issuer is in the token ${row.token}, and no token is configured. Ask the operator to set authority.pkcs11.`
      : 'The key of this issuer is not on this machine. Ask the operator to connect it.',
  )
}

function toIssuerKey(row: { kind: string; certificate_der: Uint8Array }, key: SigningKey): IssuerKey {
  const certificate = parseCertificate(new Uint8Array(row.certificate_der))
  const isRoot = row.kind === 'root'
  if (isSameBytes(certificate.spki, key.spki) && isRoot === certificate.isSelfIssued)
    return { ...key, isRoot, details: getIssuerDetails(certificate) }
  throw notAuthentic('the certificate of an issuer is not the one of its key')
}

/** Returns the error of every operation that needs the key of an offline root. */
export const rootIsOffline = (what = 'this') =>
  new PosternError(
    'root_offline',
    `The key of the root is offline, and ${what} needs it. Bring it back with postern root import FILE, try again, then take it away with postern root remove FILE.`,
  )

/**
 * Returns a key in a token. Each signature is verified with the issuer's certificate before it is returned.
 */
function openTokenKey(hsm: Hsm, keyId: string, certificateDer: Uint8Array): SigningKey {
  const { publicKey } = new X509Certificate(certificateDer)
  const id = Buffer.from(keyId, 'hex')
  return {
    spki: parseCertificate(certificateDer).spki,
    async sign(algorithm, tbs) {
      const der = getOctets(tbs)
      const signature = await hsm.sign(id, algorithm, der)
      const isRight = await new Promise<boolean>((resolve, reject) =>
        verify(hashOf(algorithm), der, publicKey, signature, (error, result) =>
          error === null ? resolve(result) : reject(error),
        ),
      )
      if (isRight) return signature
      throw new PosternError(
        'issuer_unavailable',
        `The key with the ID ${keyId} in the token ${hsm.name} is not the one of this issuer. Ask the operator to connect the right token.`,
      )
    },
  }
}

/** Returns the location of an issuer's key; undefined if the issuer is unknown. */
export async function findKeyLocation(
  queries: Database['queries'],
  issuerId: string,
): Promise<KeyLocation | undefined> {
  const row = await queries
    .selectFrom('issuer_keys')
    .select('location')
    .where('issuer_id', '=', issuerId)
    .executeTakeFirst()
  return row?.location
}

/** Returns every sealed key of an issuer, opened, with the certificate of the issuer. Throws `master_key_wrong`. */
export async function openSealedIssuerKeys(
  queries: Queries,
  authorityKey: MasterKey,
): Promise<{ issuerId: string; key: KeyObject; certificateDer: Uint8Array }[]> {
  const rows = await queries
    .selectFrom('issuer_keys')
    .innerJoin('issuers', 'issuers.id', 'issuer_keys.issuer_id')
    .select(['issuer_id', 'sealed_key', 'certificate_der'])
    .execute()
  return rows.flatMap(({ issuer_id: issuerId, sealed_key: sealed, certificate_der: certificateDer }) =>
    sealed === null
      ? []
      : [{ issuerId, key: openPrivateKey(authorityKey, sealed, contextOf(issuerId)), certificateDer }],
  )
}

/** Opens every sealed key of an issuer and discards it. Throws `master_key_wrong`. */
export async function assertIssuerKeysOpen(tx: Tx, authorityKey: MasterKey): Promise<void> {
  for (const { id, sealed } of await listSealed(tx)) openPrivateKey(authorityKey, sealed, contextOf(id))
}

/** Stores a sealed key, or removes it from the store: then it is offline. */
export async function moveIssuerKey(
  tx: Tx,
  authorityKey: MasterKey,
  issuerId: string,
  key: KeyObject | 'offline',
): Promise<void> {
  const place =
    key === 'offline'
      ? { location: 'offline' as const, sealed_key: null }
      : { location: 'store' as const, sealed_key: sealPrivateKey(authorityKey, key, contextOf(issuerId)) }
  await tx.updateTable('issuer_keys').set(place).where('issuer_id', '=', issuerId).execute()
}

/**
 * Returns the sealed private key of an issuer, for export to a file. Throws `root_offline`, `conflict`,
 * `master_key_wrong`.
 */
export async function readSealedKey(tx: Tx, authorityKey: MasterKey, issuerId: string): Promise<KeyObject> {
  const row = await tx
    .selectFrom('issuer_keys')
    .select(['location', 'sealed_key', 'token'])
    .where('issuer_id', '=', issuerId)
    .executeTakeFirst()
  if (row?.sealed_key) return openPrivateKey(authorityKey, row.sealed_key, contextOf(issuerId))
  if (row?.location === 'offline') throw rootIsOffline()
  throw new PosternError(
    'conflict',
    `The key of the root is in the token ${row?.token ?? ''}, which it never leaves. Take the token away to have the root offline.`,
  )
}

/** The private keys of issuers that are in the store, under the authority key. */
export const sealedIssuerKeys = toSealedValues({
  name: 'keys of CAs',
  ...{ table: 'issuer_keys', id: 'issuer_id', column: 'sealed_key', contextOf },
})

async function listSealed(tx: Tx): Promise<{ id: string; sealed: Uint8Array }[]> {
  const rows = await tx.selectFrom('issuer_keys').select(['issuer_id', 'sealed_key']).execute()
  return rows.flatMap(({ issuer_id: id, sealed_key: sealed }) => (sealed === null ? [] : [{ id, sealed }]))
}
