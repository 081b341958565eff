import { PosternError } from '../../errors.ts'
import { type DerKind, identifyDer } from '../der/identify-der.ts'
import { findBareDer, findPastedBlocks } from '../text/pasted-blocks.ts'
import { isPrivateKeyInside } from '../text/private-key-bytes.ts'
import { containsPrivateKey } from '../text/private-key-text.ts'
import { nameTextFormat } from '../text/text-format.ts'
import { type ParsedCertificate, parseCertificate } from './certificate.ts'

/** Several certificates with their printed text. */
const maxTextLength = 120_000
const maxCertificates = 10

const otherKinds: Partial<Record<DerKind, string>> = {
  'certificate request': 'a CSR, which is no certificate yet',
  'public key': 'a public key',
  'certificate revocation list': 'a certificate revocation list (CRL)',
  'PKCS#12 file':
    'a PKCS#12 file (.p12 or .pfx), and a private key in it counts as exposed now; have a new certificate issued for a new key',
  'PKCS#7 file':
    'a PKCS#7 file (.p7b), from which “openssl pkcs7 -inform DER -print_certs -in file.p7b” takes the certificates (-inform PEM where it is text)',
}

/**
 * Returns the certificates in a user's input, in order: PEM with any surrounding text, or one as DER in
 * base64. Throws `certificate_is_private_key` or `certificate_unreadable`; no message repeats the input.
 */
export function findCertificates(text: string): ParsedCertificate[] {
  if (containsPrivateKey(text)) throw isPrivateKey()
  if (text.length > maxTextLength) throw unreadable('it is larger than a certificate with its chain can be')
  const blocks = findPastedBlocks(text).map(({ der }) => der)
  const found = blocks.length > 0 ? blocks : [findBare(text)]
  if (found.length > maxCertificates) throw unreadable(`there are more than ${maxCertificates} in it`)
  return found.map(readCertificate)
}

function findBare(text: string): Uint8Array {
  if (text.trim() === '') throw unreadable('there is nothing in it')
  const format = nameTextFormat(text)
  if (format !== undefined) throw unreadable(`it is ${format}`)
  if (/BEGIN[\s\S]{0,20}CERTIFICATE/i.test(text))
    throw unreadable('its BEGIN and END lines or the text between them are damaged')
  const der = findBareDer(text)
  if (der === undefined) throw unreadable('it is neither PEM nor DER in base64')
  return der
}

function readCertificate(der: Uint8Array): ParsedCertificate {
  const kind = otherKinds[identifyDer(der)]
  if (isPrivateKeyInside(der)) throw isPrivateKey()
  if (kind !== undefined) throw unreadable(`it is ${kind}`)
  try {
    return parseCertificate(der)
  } catch (error) {
    if (error instanceof PosternError) throw new PosternError('certificate_unreadable', error.message)
    throw error
  }
}

function unreadable(problem: string): PosternError {
  return new PosternError(
    'certificate_unreadable',
    `This is no certificate that can be read: ${problem}. Give the certificate as its authority issued it, from BEGIN CERTIFICATE to END CERTIFICATE, and those of its issuers after it.`,
  )
}

/** Returns the error for a private key in place of a certificate or of a proof of possession. */
export function isPrivateKey(): PosternError {
  return new PosternError(
    'certificate_is_private_key',
    'This holds a private key. It was not stored. Treat it as exposed: make a new key, have a new certificate issued for it, and never send the key itself.',
  )
}
