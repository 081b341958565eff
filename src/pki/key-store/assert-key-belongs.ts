import { DerReader } from '../der/der-reader.ts'
import { tags } from '../der/der-tags.ts'
import { oids } from '../der/oids.ts'
import { curves } from '../key/elliptic-curve.ts'
import type { PublicKey } from '../key/public-key.ts'
import { KeyFileProblem } from './key-file-problem.ts'

/** How WebCrypto imports a key of a certificate, and signs with it. */
function parametersOf({ algorithm, curve }: PublicKey) {
  if (algorithm === 'EC') return { name: 'ECDSA', namedCurve: curve ?? '', hash: 'SHA-256' }
  if (algorithm === 'RSA') return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  return { name: 'Ed25519' }
}

/**
 * Throws a `KeyFileProblem` unless a private key (DER of PKCS#8) belongs to the public key of the certificate `name`: a
 * signature with one verifies with the other.
 */
export async function assertKeyBelongs(pkcs8: Uint8Array, publicKey: PublicKey, name: string): Promise<void> {
  const label = describeKey(pkcs8, publicKey)
  if (label !== undefined)
    throw mismatch(`This is ${label} key, and the certificate ${name} has an ${publicKey.label} key.`, name)
  const parameters = parametersOf(publicKey)
  const privateKey = await importKey(pkcs8, parameters)
  const verifier = await crypto.subtle.importKey('spki', new Uint8Array(publicKey.spki), parameters, false, [
    'verify',
  ])
  const sample = crypto.getRandomValues(new Uint8Array(32))
  const signature = await crypto.subtle.sign(parameters, privateKey, sample)
  if (await crypto.subtle.verify(parameters, verifier, signature, sample)) return
  throw mismatch(`This key does not belong to the certificate ${name}.`, name)
}

async function importKey(pkcs8: Uint8Array, parameters: ReturnType<typeof parametersOf>) {
  try {
    return await crypto.subtle.importKey('pkcs8', new Uint8Array(pkcs8), parameters, false, ['sign'])
  } catch {
    throw new KeyFileProblem(
      'unreadable',
      'The private key in this file is damaged. Select the file that was created with the CSR.',
    )
  }
}

function mismatch(what: string, name: string): KeyFileProblem {
  return new KeyFileProblem(
    'mismatch',
    `${what} No file was created. Select ${name}.key, the key that was created for this certificate.`,
  )
}

/** Returns the kind of a private key with its article, if it is another than that of `publicKey`. */
function describeKey(pkcs8: Uint8Array, publicKey: PublicKey): string | undefined {
  try {
    const outer = new DerReader(pkcs8, 'key_malformed').readSequence()
    outer.readSmallInteger()
    const algorithm = outer.readSequence()
    const kind = describeAlgorithm(algorithm.readOid(), algorithm)
    return kind.includes(publicKey.curve ?? publicKey.algorithm) ? undefined : kind
  } catch {
    // A damaged key is named when it is imported.
    return undefined
  }
}

function describeAlgorithm(type: string, parameters: DerReader): string {
  if (type === oids.rsaEncryption) return 'an RSA'
  if (type === oids.ed25519) return 'an Ed25519'
  if (type !== oids.ecPublicKey) return 'another kind of'
  const curveOid = parameters.isNext(tags.oid) ? parameters.readOid() : ''
  const curve = curves.find(({ oid }) => oid === curveOid)
  return curve === undefined ? 'an EC' : `an EC ${curve.name}`
}
