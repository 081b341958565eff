import { DerReader, openSequence } from '../der/der-reader.ts'
import { toHex } from '../der/fingerprint.ts'
import { malformed } from '../der/malformed.ts'
import { isSameBytes } from '../der/same-bytes.ts'
import type { GeneralName } from '../name/general-name.ts'
import { type DistinguishedName, parseName } from '../name/name.ts'
import { type ExtensionDetails, parseExtension } from './parse-extension.ts'
import { parseTbsCertificate, type TbsCertificate } from './tbs-certificate.ts'

/** A parsed certificate; every Uint8Array is a view of `der`. */
export interface ParsedCertificate {
  der: Uint8Array
  tbs: Uint8Array
  version: 1 | 2 | 3
  /** Lower-case hex, two digits per octet, without a leading `00`. */
  serialNumber: string
  issuer: DistinguishedName
  issuerDer: Uint8Array
  subject: DistinguishedName
  subjectDer: Uint8Array
  /** Milliseconds since 1970. */
  notBefore: number
  /** Milliseconds since 1970 of the last second of validity, inclusive (RFC 5280, section 4.1.2.5). */
  notAfter: number
  spki: Uint8Array
  signatureAlgorithmOid: string
  signature: Uint8Array
  /** Whether issuer and subject are the same, byte for byte. */
  isSelfIssued: boolean
  basicConstraints?: { ca: boolean; pathLength?: number }
  keyUsage?: string[]
  extendedKeyUsage?: string[]
  subjectKeyIdentifier?: Uint8Array
  authorityKeyIdentifier?: Uint8Array
  subjectAltNames: GeneralName[]
  crlDistributionPoints: string[]
  caIssuers: string[]
  ocspResponders: string[]
  /**
   * The object identifiers of critical extensions that Postern does not understand: a reason to reject the
   * certificate.
   */
  unknownCriticalExtensions: string[]
}

const code = 'certificate_malformed'
const maxOctets = 65_536

/**
 * Parses a certificate (RFC 5280, section 4.1) from untrusted bytes. It returns the content without verifying
 * it: no signature is checked here. Throws `certificate_malformed`.
 */
export function parseCertificate(der: Uint8Array): ParsedCertificate {
  if (der.length > maxOctets) throw malformed(code, 'it is too large')
  const outer = openSequence(der, code)
  const tbs = outer.readEncoded()
  const signatureAlgorithmDer = outer.readEncoded()
  const signature = outer.readBitString()
  outer.assertEnd()
  const fields = parseTbsCertificate(tbs, code)
  // RFC 5280, section 4.1.1.2: otherwise the algorithm could be replaced without breaking the signature.
  if (!isSameBytes(signatureAlgorithmDer, fields.signatureAlgorithmDer))
    throw malformed(code, 'it names two different signature algorithms')
  return {
    der,
    tbs,
    version: fields.version,
    serialNumber: formatSerialNumber(fields.serialNumber),
    issuer: readName(fields.issuerDer),
    issuerDer: fields.issuerDer,
    subject: readName(fields.subjectDer),
    subjectDer: fields.subjectDer,
    notBefore: fields.notBefore,
    notAfter: fields.notAfter,
    spki: assertSpki(fields.spki),
    signatureAlgorithmOid: readAlgorithm(new DerReader(signatureAlgorithmDer, code)),
    signature,
    isSelfIssued: isSameBytes(fields.issuerDer, fields.subjectDer),
    ...readExtensions(fields),
  }
}

function formatSerialNumber(integer: Uint8Array): string {
  return toHex(integer.length > 1 && integer[0] === 0 ? integer.subarray(1) : integer)
}

function readName(der: Uint8Array): DistinguishedName {
  const reader = new DerReader(der, code)
  const name = parseName(reader)
  reader.assertEnd()
  return name
}

/** Returns `der` if it is a SubjectPublicKeyInfo (RFC 5280, section 4.1), of any kind of key. */
function assertSpki(der: Uint8Array): Uint8Array {
  const reader = openSequence(der, code)
  readAlgorithm(reader)
  reader.readBitString()
  reader.assertEnd()
  return der
}

/**
 * Returns the object identifier of an AlgorithmIdentifier (RFC 5280, section 4.1.1.2) with any parameters.
 */
function readAlgorithm(reader: DerReader): string {
  const algorithm = reader.readSequence()
  const oid = algorithm.readOid()
  if (!algorithm.isAtEnd()) algorithm.readWhole()
  algorithm.assertEnd()
  return oid
}

type ListFields = 'subjectAltNames' | 'crlDistributionPoints' | 'caIssuers' | 'ocspResponders'
type CertificateDetails = Omit<ExtensionDetails, ListFields> &
  Pick<ParsedCertificate, ListFields | 'unknownCriticalExtensions'>

function readExtensions({ extensions }: TbsCertificate): CertificateDetails {
  const details: CertificateDetails = {
    subjectAltNames: [],
    crlDistributionPoints: [],
    caIssuers: [],
    ocspResponders: [],
    unknownCriticalExtensions: [],
  }
  for (const extension of extensions) {
    const understood = parseExtension(extension, code)
    if (understood) Object.assign(details, understood)
    else if (extension.critical) details.unknownCriticalExtensions.push(extension.oid)
  }
  return details
}
