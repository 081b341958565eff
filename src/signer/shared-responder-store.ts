import type { KeyObject } from 'node:crypto'
import { PosternError } from '../errors.ts'
import type { MasterKey } from '../shapes/master-key.ts'
import type { Queries } from '../storage/database.ts'
import { toSealedValues } from '../storage/sealed-column-store.ts'
import { openPrivateKey, sealPrivateKey } from './sealed-key.ts'

/** A certified responder whose key is sealed for processes that only publish. */
export interface SharedResponder {
  key: KeyObject
  certificateDer: Uint8Array
  notAfter: number
}

const contextOf = (id: string) => `publication-responder-key:${id}`

/** Returns the key of a responder as processes that only publish find it: sealed under their key. */
export const sealForPublication = (publicationKey: MasterKey, key: KeyObject, id: string): Uint8Array =>
  sealPrivateKey(publicationKey, key, contextOf(id))

/** Returns whether a publication key opens the sealed key of a responder. */
export function opensForPublication(publicationKey: MasterKey, sealed: Uint8Array, id: string): boolean {
  try {
    openPrivateKey(publicationKey, sealed, contextOf(id))
    return true
  } catch (error) {
    if (error instanceof PosternError && error.code === 'master_key_wrong') return false
    throw error
  }
}

/**
 * Finds the responder of an issuer that is valid for the longest time and shared with processes that only publish. It
 * reads nothing that only the portal can open. Throws `master_key_wrong` if another key has sealed it.
 */
export async function findSharedResponder(
  queries: Queries,
  publicationKey: MasterKey,
  issuerId: string,
  now: number,
): Promise<SharedResponder | undefined> {
  const row = await queries
    .selectFrom('ocsp_responders')
    .select(['id', 'certificate_der', 'publication_key', 'not_after'])
    .where('issuer_id', '=', issuerId)
    .where('not_after', '>', now)
    .where('certificate_der', 'is not', null)
    .where('publication_key', 'is not', null)
    .orderBy('not_after', 'desc')
    .orderBy('id', 'desc')
    .executeTakeFirst()
  if (!row?.certificate_der || !row.publication_key) return undefined
  return {
    key: openShared(publicationKey, row.publication_key, row.id),
    certificateDer: new Uint8Array(row.certificate_der),
    notAfter: row.not_after,
  }
}

function openShared(publicationKey: MasterKey, sealed: Uint8Array, id: string): KeyObject {
  try {
    return openPrivateKey(publicationKey, sealed, contextOf(id))
  } catch (cause) {
    if (!(cause instanceof PosternError && cause.code === 'master_key_wrong')) throw cause
    throw new PosternError(
      'master_key_wrong',
      'POSTERN_PUBLICATION_KEY is not the key that the portal seals the keys of OCSP responders with. Give both the same key; start the portal with it first. Nothing was changed.',
      { cause },
    )
  }
}

/** The private keys of OCSP responders that are shared, under the publication key. */
export const sharedResponderKeys = toSealedValues({
  name: 'shared keys of OCSP responders',
  ...{ table: 'ocsp_responders', id: 'id', column: 'publication_key', contextOf },
})
