import { PosternError } from '../../errors.ts'
import { listParts } from '../der/der-outline.ts'
import { type DerKind, identifyDer } from '../der/identify-der.ts'
import { malformed } from '../der/malformed.ts'
import { findBareDer, findPastedBlocks } from '../text/pasted-blocks.ts'
import type { PemBlock } from '../text/pem.ts'
import { isPrivateKeyInside } from '../text/private-key-bytes.ts'
import { containsPrivateKey } from '../text/private-key-text.ts'
import { nameTextFormat } from '../text/text-format.ts'

/** Maximum number of octets of DER in a CSR. */
const maxOctets = 16_384
/** Base64, and the text that `openssl req -text` prints above it. */
const maxTextLength = 65_536

const requestLabels = ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST']

/**
 * Returns the DER of the single CSR in a user's input: PEM with any surrounding text, DER, or DER in base64,
 * even if programs have changed the text in transit. Throws `csr_is_private_key`, `csr_is_certificate`,
 * `csr_several`, `csr_missing`, `csr_too_large`, `csr_is_something_else` or `csr_malformed`; no message
 * repeats the input.
 */
export function findRequestDer(input: string | Uint8Array): Uint8Array {
  const text = typeof input === 'string' ? input : decodeBytes(input)
  if (containsPrivateKey(text)) throw isPrivateKey()
  if (input.length > maxTextLength) throw isTooLarge()
  if (typeof input !== 'string' && isBinary(input, text)) return assertRequest(input)
  const blocks = findPastedBlocks(text)
  if (blocks.length > 0) return findAmongBlocks(blocks)
  const format = nameTextFormat(text)
  if (format === undefined && /BEGIN[\s\S]{0,20}CERTIFICATE/i.test(text))
    throw malformed('csr_malformed', 'its BEGIN and END lines or the text between them are damaged')
  if (text.trim() === '')
    throw new PosternError(
      'csr_missing',
      'There is no CSR yet. Paste the content of the .csr file, or choose the file.',
    )
  const der = format === undefined ? findBareDer(text) : undefined
  if (der) return assertRequest(der)
  throw isSomethingElse(format ?? 'some other text or file')
}

/**
 * Returns whether the bytes are DER or a Java key store, by their first octet, which a text with numbered
 * lines may share.
 */
function isBinary(bytes: Uint8Array, text: string): boolean {
  if (bytes[0] === 0x30) return !(/^0\d{0,5}[:.|)\s]/.test(text) && text.includes('BEGIN'))
  return identifyDer(bytes) === 'Java key store'
}

/** Decodes the bytes; UTF-16 is supported, so that a key in it is detected too. */
function decodeBytes(bytes: Uint8Array): string {
  const isLittleEndian = bytes[0] === 0xff && bytes[1] === 0xfe
  const isBigEndian = bytes[0] === 0xfe && bytes[1] === 0xff
  if (isLittleEndian || isBigEndian)
    return `\0${new TextDecoder(isLittleEndian ? 'utf-16le' : 'utf-16be').decode(bytes)}`
  return new TextDecoder().decode(bytes)
}

function findAmongBlocks(blocks: PemBlock[]): Uint8Array {
  const requests = blocks.filter(({ der }) => identifyDer(der) === 'certificate request')
  const [block] = requests.length > 0 ? requests : blocks
  if (blocks.length === 1 || requests.length === 0) return assertLabelledRequest(block as PemBlock)
  if (requests.length > 1) throw isSeveral(requests.length)
  throw new PosternError(
    'csr_several',
    'There is more in this text than a CSR. Submit the CSR alone, from its BEGIN line to its END line.',
  )
}

function assertLabelledRequest({ label, der }: PemBlock): Uint8Array {
  if (identifyDer(der) === 'unknown' && !requestLabels.includes(label))
    throw isSomethingElse(nameLabel(label))
  return assertRequest(der)
}

function nameLabel(label: string): string {
  if (label.includes('SSH')) return 'an SSH key'
  if (label.includes('PGP')) return 'a PGP message or key'
  return label.endsWith('PARAMETERS') ? 'a set of key parameters' : 'a PEM file of another kind'
}

const kindNames: Partial<Record<DerKind, string>> = {
  'public key': 'a public key',
  'certificate revocation list': 'a certificate revocation list (CRL)',
  'PKCS#12 file': 'a PKCS#12 file (.p12 or .pfx), and a private key in it counts as exposed now',
  'PKCS#7 file': 'a PKCS#7 file (.p7b)',
  'Java key store': 'a Java key store (.jks), and a private key in it counts as exposed now',
}

/** Returns `der` if it may be a CSR, for its parser to check. */
function assertRequest(der: Uint8Array): Uint8Array {
  if (isPrivateKeyInside(der) || containsPrivateKey(decodeBytes(der))) throw isPrivateKey()
  const kind = identifyDer(der)
  if (kind === 'certificate')
    throw new PosternError(
      'csr_is_certificate',
      'This is a certificate, not a CSR. Submit the .csr file that the OpenSSL command made beside your key.',
    )
  const other = kindNames[kind]
  if (other) throw isSomethingElse(other)
  if (der.length > maxOctets) throw isTooLarge()
  const parts = listParts(der, 0, der.length)
  if (
    parts.length > 1 &&
    parts.every(({ from }) => identifyDer(der.subarray(from)) === 'certificate request')
  )
    throw isSeveral(parts.length)
  return der
}

function isPrivateKey(): PosternError {
  return new PosternError(
    'csr_is_private_key',
    'This is a private key. It was not stored. Treat it as exposed: make a new key and a new CSR, and submit only the .csr file.',
  )
}

function isSeveral(count: number): PosternError {
  return new PosternError(
    'csr_several',
    `There are ${count} CSRs here. Submit one CSR; each certificate needs its own.`,
  )
}

function isTooLarge(): PosternError {
  return new PosternError(
    'csr_too_large',
    'This is larger than a CSR can be (16 KiB). Submit the .csr file alone; if it is alone, make a CSR without further attributes from the same key (openssl req -new -key client.key -out client.csr).',
  )
}

function isSomethingElse(what: string): PosternError {
  return new PosternError(
    'csr_is_something_else',
    `This is no CSR but ${what}. Submit the .csr file, which begins with “-----BEGIN CERTIFICATE REQUEST-----”.`,
  )
}
