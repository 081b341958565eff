import { constructedTag, primitiveTag, tags } from '../der/der-tags.ts'
import { element, integer, nullValue, octetString, oid, sequence, setOf } from '../der/der-writer.ts'
import { oids } from '../der/oids.ts'
import { derivePkcs12Key } from './derive-pkcs12-key.ts'
import {
  createTripleDesEncryption,
  type Encrypt,
  type EncryptTripleDes,
  encryptWithAes,
  randomBytes,
} from './encrypt-with-passphrase.ts'

/** The content of a PKCS#12 file. */
export interface KeyStore {
  /** The name that key stores show, in the characters of the Basic Multilingual Plane. */
  friendlyName: string
  /** The private key, DER of PKCS#8. */
  pkcs8: Uint8Array
  /** The certificate of the key, then those of its issuers, DER. */
  certificates: readonly [Uint8Array, ...Uint8Array[]]
  /** ASCII: the two key derivations of PKCS#12 read other characters differently. */
  passphrase: string
}

/** How a file is encrypted and authenticated. */
interface Profile {
  encrypt: Encrypt
  hash: 'SHA-1' | 'SHA-256'
  hashOid: string
}

const saltOctets = 16
/** As OpenSSL writes it; see the count of the encryption for why more would not protect more. */
const macIterations = 2048

/** Returns a PKCS#12 file with AES-256 and SHA-256, for systems since about 2018. */
export const writeModernPkcs12 = (store: KeyStore): Promise<Uint8Array<ArrayBuffer>> =>
  writePkcs12(store, { encrypt: encryptWithAes, hash: 'SHA-256', hashOid: oids.sha256 })

/** Returns a PKCS#12 file with 3DES and SHA-1, for systems that read no other. */
export const writeLegacyPkcs12 = (
  store: KeyStore,
  encryptTripleDes: EncryptTripleDes,
): Promise<Uint8Array<ArrayBuffer>> =>
  writePkcs12(store, {
    encrypt: createTripleDesEncryption(encryptTripleDes),
    hash: 'SHA-1',
    hashOid: oids.sha1,
  })

/** PFX (RFC 7292, section 4): the certificates encrypted, the key encrypted by itself, and a MAC over both. */
async function writePkcs12(store: KeyStore, profile: Profile): Promise<Uint8Array<ArrayBuffer>> {
  const safe = sequence(await encryptCertificates(store, profile), await encryptKey(store, profile))
  return new Uint8Array(sequence(integer(3), dataInfo(safe), await authenticate(safe, store, profile)))
}

const explicit = (content: Uint8Array) => element(constructedTag(0), content)
/** ContentInfo of the type data (RFC 5652, section 4). */
const dataInfo = (content: Uint8Array) => sequence(oid(oids.data), explicit(octetString(content)))
/** SafeBag (RFC 7292, section 4.2). */
const bag = (type: string, value: Uint8Array, ...attributes: Uint8Array[]) =>
  sequence(oid(type), explicit(value), ...(attributes.length > 0 ? [setOf(attributes)] : []))

async function encryptCertificates(store: KeyStore, profile: Profile): Promise<Uint8Array> {
  const own = await describeKey(store)
  const bags = store.certificates.map((der, index) =>
    bag(
      oids.certBag,
      sequence(oid(oids.x509Certificate), explicit(octetString(der))),
      ...(index === 0 ? own : []),
    ),
  )
  const { algorithm, content } = await profile.encrypt(sequence(...bags), store.passphrase)
  // EncryptedData (RFC 5652, section 8).
  const encrypted = sequence(oid(oids.data), algorithm, element(primitiveTag(0), content))
  return sequence(oid(oids.encryptedData), explicit(sequence(integer(0), encrypted)))
}

async function encryptKey(store: KeyStore, profile: Profile): Promise<Uint8Array> {
  const { algorithm, content } = await profile.encrypt(store.pkcs8, store.passphrase)
  const key = sequence(algorithm, octetString(content))
  return dataInfo(sequence(bag(oids.pkcs8ShroudedKeyBag, key, ...(await describeKey(store)))))
}

/** Returns the attributes that show to which certificate a key belongs (RFC 2985, section 5.5). */
async function describeKey({ friendlyName, certificates }: KeyStore): Promise<Uint8Array[]> {
  const units = Array.from({ length: friendlyName.length }, (_, index) => friendlyName.charCodeAt(index))
  const name = element(tags.bmpString, Uint8Array.from(units.flatMap((unit) => [unit >> 8, unit & 0xff])))
  const id = new Uint8Array(await crypto.subtle.digest('SHA-1', new Uint8Array(certificates[0])))
  return [
    sequence(oid(oids.friendlyName), setOf([name])),
    sequence(oid(oids.localKeyId), setOf([octetString(id)])),
  ]
}

/** MacData (RFC 7292, section 4). */
async function authenticate(
  safe: Uint8Array,
  { passphrase }: KeyStore,
  { hash, hashOid }: Profile,
): Promise<Uint8Array> {
  const salt = randomBytes(saltOctets)
  const length = hash === 'SHA-1' ? 20 : 32
  const secret = await derivePkcs12Key({
    hash,
    purpose: 3,
    passphrase,
    salt,
    iterations: macIterations,
    length,
  })
  const key = await crypto.subtle.importKey('raw', new Uint8Array(secret), { name: 'HMAC', hash }, false, [
    'sign',
  ])
  const mac = new Uint8Array(await crypto.subtle.sign('HMAC', key, new Uint8Array(safe)))
  const digest = sequence(sequence(oid(hashOid), nullValue), octetString(mac))
  return sequence(digest, octetString(salt), integer(macIterations))
}
