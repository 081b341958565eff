import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import { PosternError } from '../errors.ts'
import type { IssuerKeyKind } from './hsm.ts'
import type { KeyAccess, NewIssuerKey } from './issuer-key-store.ts'
import { getOctets, type SigningKey, toSigningKey } from './sign-tbs.ts'

/** Location and kind of new issuer keys. */
export interface NewKeys {
  location: 'store' | 'pkcs11'
  algorithm: 'ecdsa' | 'rsa'
}

const makePair = promisify(generateKeyPair)

/**
 * Creates a key for the issuer `id` with the display name `name`; the root's key is the stronger one. A key
 * in a token has the id of its issuer as CKA_ID, so that a key whose issuer was never stored can be
 * identified. Throws the errors of the token.
 */
export async function makeIssuerKey(
  { hsm, newKeys = { location: 'store', algorithm: 'ecdsa' } }: KeyAccess & { newKeys?: NewKeys },
  name: string,
  id: string,
): Promise<{ key: SigningKey; made: NewIssuerKey }> {
  const kind = kinds[newKeys.algorithm][name === 'root' ? 'root' : 'issuing']
  if (newKeys.location === 'store') {
    const privateKey = await generate(kind)
    return { key: toSigningKey(privateKey), made: { key: privateKey } }
  }
  if (hsm === undefined)
    throw new PosternError('config_invalid', 'authority.keys is pkcs11 and no token is configured.')
  const keyId = Buffer.from(id)
  const spki = await hsm.generate(kind, keyId, `Postern ${name} ${id}`)
  return {
    key: { spki, sign: (algorithm, tbs) => hsm.sign(keyId, algorithm, getOctets(tbs)) },
    made: { hsm, keyId, algorithm: newKeys.algorithm === 'ecdsa' ? 'ec' : 'rsa' },
  }
}

const kinds: Record<NewKeys['algorithm'], Record<'root' | 'issuing', IssuerKeyKind>> = {
  ecdsa: { root: 'ec-p384', issuing: 'ec-p256' },
  rsa: { root: 'rsa-4096', issuing: 'rsa-3072' },
}

async function generate(kind: IssuerKeyKind) {
  const made =
    kind === 'ec-p256' || kind === 'ec-p384'
      ? await makePair('ec', { namedCurve: kind === 'ec-p256' ? 'P-256' : 'P-384' })
      : await makePair('rsa', { modulusLength: kind === 'rsa-3072' ? 3072 : 4096 })
  return made.privateKey
}
