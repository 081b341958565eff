import { DerReader } from '../der/der-reader.ts'
import { constructedTag, tags } from '../der/der-tags.ts'
import { integer, nullValue, octetString, oid, sequence } from '../der/der-writer.ts'
import { identifyDer } from '../der/identify-der.ts'
import { oids } from '../der/oids.ts'
import { findPemBlocks } from '../text/pem.ts'
import { KeyFileProblem } from './key-file-problem.ts'

/** A private key as DER of PKCS#8 (RFC 5958), or of EncryptedPrivateKeyInfo. */
export interface PrivateKeyFile {
  der: Uint8Array
  encrypted: boolean
}

/** Far more than the largest key with all of its certificates. */
const maxOctets = 256 * 1024

/**
 * Returns the private key in a file: PKCS#8, SEC1 (RFC 5915) or PKCS#1 (RFC 8017, appendix A.1.2), as PEM or DER.
 * Throws a `KeyFileProblem` that says what the file is instead, and what to do.
 */
export function readPrivateKey(file: Uint8Array): PrivateKeyFile {
  if (file.length > maxOctets) throw unreadable('The file is larger than a private key can be.')
  if (file[0] === tags.sequence) return readDer(file)
  const text = new TextDecoder('latin1').decode(file)
  if (text.includes('BEGIN OPENSSH PRIVATE KEY'))
    throw unsupported('an OpenSSH key', 'ssh-keygen -p -m PKCS8 -f client.key')
  if (/^Proc-Type: *4, *ENCRYPTED/m.test(text))
    throw unsupported('a key in the old encrypted format', 'openssl pkcs8 -topk8 -in client.key -out new.key')
  const blocks = findPemBlocks(text).filter(({ label }) => label.endsWith('PRIVATE KEY'))
  if (blocks.length > 1) throw unreadable('The file has more than one private key.')
  if (blocks[0] !== undefined) return readDer(blocks[0].der)
  throw unreadable(describeText(text))
}

function describeText(text: string): string {
  if (text.includes('BEGIN CERTIFICATE REQUEST')) return 'This file is a CSR. It has no private key.'
  if (text.includes('BEGIN CERTIFICATE')) return 'This file is a certificate. It has no private key.'
  if (text.includes('PRIVATE KEY')) return 'The private key in this file is damaged.'
  return 'This file is not a private key.'
}

function readDer(der: Uint8Array): PrivateKeyFile {
  const kind = identifyDer(der)
  if (kind === 'PKCS#12 file') throw unreadable('This file is a PKCS#12 file already.')
  if (kind !== 'private key')
    throw unreadable(kind === 'unknown' ? 'This file is not a private key.' : `This file is a ${kind}.`)
  try {
    return toPkcs8(der)
  } catch {
    throw unreadable('The private key in this file is damaged.')
  }
}

/** Returns PKCS#8 from any of the structures of a private key; their second element tells them apart. */
function toPkcs8(der: Uint8Array): PrivateKeyFile {
  const outer = new DerReader(der, 'key_malformed').readSequence()
  if (outer.isNext(tags.sequence)) return { der, encrypted: true }
  outer.readSmallInteger()
  if (outer.isNext(tags.sequence)) return { der, encrypted: false }
  if (outer.isNext(tags.octetString)) return { der: wrapEcKey(der, outer), encrypted: false }
  return { der: wrap(sequence(oid(oids.rsaEncryption), nullValue), der), encrypted: false }
}

/** RFC 5915, section 3: the curve stands in the key. */
function wrapEcKey(der: Uint8Array, key: DerReader): Uint8Array {
  key.readContent(tags.octetString)
  const curve = key.readConstructed(constructedTag(0)).readOid()
  return wrap(sequence(oid(oids.ecPublicKey), oid(curve)), der)
}

const wrap = (algorithm: Uint8Array, key: Uint8Array) => sequence(integer(0), algorithm, octetString(key))

function unreadable(what: string): KeyFileProblem {
  return new KeyFileProblem('unreadable', `${what} Select the file that was created with the CSR.`)
}

/** Returns the error for a key in a format that only other programs read. */
export function unsupported(what: string, command: string): KeyFileProblem {
  return new KeyFileProblem(
    'unsupported',
    `This file is ${what}, which this page cannot read. Convert it with: ${command}`,
  )
}
