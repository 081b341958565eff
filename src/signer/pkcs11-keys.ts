import type { Handle, PKCS11, Template } from 'pkcs11js'
import { PosternError } from '../errors.ts'
import type { IssuerKeyKind } from './hsm.ts'
import type { Pkcs11Api } from './load-pkcs11.ts'

/** The parameters of a public key as in a JSON Web Key (RFC 7518, section 6). */
export type PublicNumbers =
  | { kty: 'EC'; crv: 'P-256' | 'P-384'; x: string; y: string }
  | { kty: 'RSA'; n: string; e: string }

/** A token in use: what is called, its module, and the session in which. */
export interface OpenSession {
  api: Pkcs11Api
  module: PKCS11
  session: Handle
}

/** The attributes of a new key pair. */
export interface NewKeyPair {
  kind: IssuerKeyKind
  /** CKA_ID, by which its issuer finds it. */
  id: Uint8Array
  /** CKA_LABEL, for display. */
  label: string
}

/** RFC 5480, section 2.1.1.1: the named curves, DER. */
const curves = {
  'ec-p256': { crv: 'P-256', size: 32, parameters: '06082a8648ce3d030107' },
  'ec-p384': { crv: 'P-384', size: 48, parameters: '06052b81040022' },
} as const
const modulusBits = { 'rsa-3072': 3072, 'rsa-4096': 4096 } as const

/**
 * Creates a key pair whose private key can only sign and cannot be extracted from the token. Throws
 * `config_invalid` for a token that makes it extractable nevertheless; the key is then deleted.
 */
export function createKeyPair(open: OpenSession, { kind, id, label }: NewKeyPair): PublicNumbers {
  const { api, module, session } = open
  const named: Template = [
    { type: api.CKA_TOKEN, value: true },
    { type: api.CKA_ID, value: Buffer.from(id) },
    { type: api.CKA_LABEL, value: label },
  ]
  const { publicKey, privateKey } = module.C_GenerateKeyPair(
    session,
    { mechanism: isEc(kind) ? api.CKM_EC_KEY_PAIR_GEN : api.CKM_RSA_PKCS_KEY_PAIR_GEN },
    [...named, { type: api.CKA_VERIFY, value: true }, ...parametersOf(api, kind)],
    [
      ...named,
      { type: api.CKA_PRIVATE, value: true },
      { type: api.CKA_SENSITIVE, value: true },
      { type: api.CKA_EXTRACTABLE, value: false },
      { type: api.CKA_SIGN, value: true },
      { type: api.CKA_DECRYPT, value: false },
      { type: api.CKA_UNWRAP, value: false },
      { type: api.CKA_DERIVE, value: false },
    ],
  )
  if (!staysInside(open, privateKey)) {
    for (const half of [privateKey, publicKey]) module.C_DestroyObject(session, half)
    throw new PosternError(
      'config_invalid',
      'The token made a key that can be taken out of it, so it was deleted and nothing was changed. Set the token up so that keys are sensitive and not extractable.',
    )
  }
  return readPublicNumbers(open, publicKey, kind)
}

/** Returns the private key with this CKA_ID. Throws `issuer_unavailable` unless there is exactly one. */
export function findPrivateKey(
  { api, module, session }: OpenSession,
  id: Uint8Array,
  tokenName: string,
): Handle {
  module.C_FindObjectsInit(session, [
    { type: api.CKA_CLASS, value: api.CKO_PRIVATE_KEY },
    { type: api.CKA_ID, value: Buffer.from(id) },
  ])
  const found = module.C_FindObjects(session, 2)
  module.C_FindObjectsFinal(session)
  const [handle] = found
  if (handle !== undefined && found.length === 1) return handle
  throw new PosternError(
    'issuer_unavailable',
    `The token ${tokenName} has ${found.length === 0 ? 'no key' : 'more than one key'} with the ID ${Buffer.from(id)}, which this issuer signs with. Ask the operator to connect the right token.`,
  )
}

const isEc = (kind: IssuerKeyKind): kind is 'ec-p256' | 'ec-p384' => kind in curves

function parametersOf(api: Pkcs11Api, kind: IssuerKeyKind): Template {
  if (isEc(kind)) return [{ type: api.CKA_EC_PARAMS, value: Buffer.from(curves[kind].parameters, 'hex') }]
  return [
    { type: api.CKA_MODULUS_BITS, value: modulusBits[kind] },
    { type: api.CKA_PUBLIC_EXPONENT, value: Buffer.from([1, 0, 1]) },
  ]
}

function staysInside({ api, module, session }: OpenSession, key: Handle): boolean {
  const asked = [api.CKA_SENSITIVE, api.CKA_NEVER_EXTRACTABLE].map((type) => ({ type }))
  return module
    .C_GetAttributeValue(session, key, asked)
    .every(({ value }) => Buffer.isBuffer(value) && value[0] === 1)
}

function readPublicNumbers(
  { api, module, session }: OpenSession,
  key: Handle,
  kind: IssuerKeyKind,
): PublicNumbers {
  const read = (type: number): Buffer => {
    const [attribute] = module.C_GetAttributeValue(session, key, [{ type }])
    return Buffer.from(attribute?.value as Buffer)
  }
  if (!isEc(kind)) {
    const [n, e] = [read(api.CKA_MODULUS), read(api.CKA_PUBLIC_EXPONENT)]
    return { kty: 'RSA', n: n.toString('base64url'), e: e.toString('base64url') }
  }
  const { crv, size } = curves[kind]
  // The standard has an OCTET STRING around the point; some modules return the bare point. Both end with the
  // same octets.
  const point = read(api.CKA_EC_POINT).subarray(-2 * size)
  const [x, y] = [point.subarray(0, size), point.subarray(size)]
  return { kty: 'EC', crv, x: x.toString('base64url'), y: y.toString('base64url') }
}
