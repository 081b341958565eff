import { PosternError } from '../../errors.ts'
import { constructedTag } from '../der/der-tags.ts'
import { bitString, element, integer, sequence, time, unsignedInteger } from '../der/der-writer.ts'
import { encodeSignatureAlgorithm, type SignatureAlgorithm } from '../key/signature-algorithm.ts'
import { dnsName, ipName, uriName } from '../name/general-name.ts'
import { parseIpAddress } from '../name/ip-address.ts'
import { type DistinguishedName, encodeName } from '../name/name.ts'
import { type Subject, subjectName } from '../name/subject.ts'
import {
  authorityInfoAccess,
  authorityKeyIdentifier,
  basicConstraints,
  crlDistributionPoint,
  extendedKeyUsage,
  keyUsage,
  ocspNoCheck,
  subjectAltName,
  subjectKeyIdentifier,
} from './extension-writer.ts'
import { parseSerialNumber } from './serial-number.ts'

export type { SignatureAlgorithm } from '../key/signature-algorithm.ts'

/** What a certificate needs to know of the issuer that will sign it. */
export type IssuerFacts = {
  subjectDer: Uint8Array
  subjectKeyIdentifier: Uint8Array
  signatureAlgorithm: SignatureAlgorithm
  /** Milliseconds since 1970: no certificate outlives its issuer. */
  notAfter: number
}

/** What every certificate states. Times are milliseconds since 1970; both ends count and are cut to the second. */
type CertificateFields = {
  /** Hex; at least 64 random bits, positive, at most 20 octets (RFC 5280, 4.1.2.2). */
  serialNumber: string
  spki: Uint8Array
  subjectKeyIdentifier: Uint8Array
  notBefore: number
  notAfter: number
}

export type ClientCertificateFields = CertificateFields & {
  issuer: IssuerFacts
  subject: Subject
  /** The subject alternative name. */
  uri: string
  crlUrl: string
  /** Where the issuer answers by OCSP. */
  ocspUrl: string
  /** Where the issuer's certificate can be fetched. */
  issuerUrl: string
}

/** A root signs itself; an issuing CA is signed by a root and issues client certificates, and its own responders. */
export type AuthorityCertificateFields =
  | (RootFields & { kind: 'root' })
  | (CertificateFields & { kind: 'issuing'; subject: DistinguishedName; issuer: IssuerFacts } & {
      crlUrl?: string
      issuerUrl?: string
    })

export type RootFields = CertificateFields & {
  subject: DistinguishedName
  signatureAlgorithm: SignatureAlgorithm
}

/** A certificate of the authority's own: an OCSP responder (RFC 6960, 4.2.2.2), or the key of the audit log. */
export type ResponderCertificateFields = CertificateFields & {
  issuer: IssuerFacts
  subject: DistinguishedName
}

export type ServerCertificateFields = CertificateFields & {
  issuer: IssuerFacts
  subject: DistinguishedName
  dnsNames: readonly string[]
  ipAddresses: readonly string[]
}

/** The TBSCertificate of a client certificate: clientAuth and digitalSignature, nothing more. */
export function draftClientCertificate(fields: ClientCertificateFields): Uint8Array {
  return draft(fields, fields.issuer, encodeName(subjectName(fields.subject)), [
    authorityKeyIdentifier(fields.issuer.subjectKeyIdentifier),
    subjectKeyIdentifier(fields.subjectKeyIdentifier),
    keyUsage('digitalSignature'),
    extendedKeyUsage('clientAuth'),
    basicConstraints(false),
    subjectAltName(uriName(fields.uri)),
    crlDistributionPoint(fields.crlUrl),
    authorityInfoAccess(fields),
  ])
}

/** The TBSCertificate of a CA: a root, or an issuing CA of path length 0 for clientAuth and its OCSP responders. */
export function draftAuthorityCertificate(fields: AuthorityCertificateFields): Uint8Array {
  const subjectDer = encodeName(fields.subject)
  if (fields.kind === 'root')
    return draft(fields, { subjectDer, signatureAlgorithm: fields.signatureAlgorithm }, subjectDer, [
      subjectKeyIdentifier(fields.subjectKeyIdentifier),
      keyUsage('keyCertSign', 'cRLSign'),
      basicConstraints(true),
    ])
  return draft(fields, fields.issuer, subjectDer, [
    authorityKeyIdentifier(fields.issuer.subjectKeyIdentifier),
    subjectKeyIdentifier(fields.subjectKeyIdentifier),
    keyUsage('keyCertSign', 'cRLSign'),
    // Purposes of an authority limit what stands below it: without the second its OCSP responder would be good for nothing.
    extendedKeyUsage('clientAuth', 'ocspSigning'),
    basicConstraints(true, 0),
    ...(fields.crlUrl === undefined ? [] : [crlDistributionPoint(fields.crlUrl)]),
    ...(fields.issuerUrl === undefined ? [] : [authorityInfoAccess({ issuerUrl: fields.issuerUrl })]),
  ])
}

/** The TBSCertificate of an OCSP responder. It is not asked after itself, so it has to be short-lived. */
export function draftResponderCertificate(fields: ResponderCertificateFields): Uint8Array {
  return draft(fields, fields.issuer, encodeName(fields.subject), [
    authorityKeyIdentifier(fields.issuer.subjectKeyIdentifier),
    subjectKeyIdentifier(fields.subjectKeyIdentifier),
    keyUsage('digitalSignature'),
    extendedKeyUsage('ocspSigning'),
    basicConstraints(false),
    ocspNoCheck(),
  ])
}

/** The TBSCertificate of the key that signs the audit log (RFC 9336). It is good for no connection. */
export function draftAuditCertificate(fields: ResponderCertificateFields): Uint8Array {
  return draft(fields, fields.issuer, encodeName(fields.subject), [
    authorityKeyIdentifier(fields.issuer.subjectKeyIdentifier),
    subjectKeyIdentifier(fields.subjectKeyIdentifier),
    keyUsage('digitalSignature'),
    extendedKeyUsage('documentSigning'),
    basicConstraints(false),
  ])
}

/** The TBSCertificate of a TLS server. Throws `profile_violation` for an address that is none. */
export function draftServerCertificate(fields: ServerCertificateFields): Uint8Array {
  const names = [...fields.dnsNames.map(dnsName), ...fields.ipAddresses.map(encodeIpAddress)]
  return draft(fields, fields.issuer, encodeName(fields.subject), [
    authorityKeyIdentifier(fields.issuer.subjectKeyIdentifier),
    subjectKeyIdentifier(fields.subjectKeyIdentifier),
    keyUsage('digitalSignature'),
    extendedKeyUsage('serverAuth'),
    basicConstraints(false),
    subjectAltName(...names),
  ])
}

/**
 * The complete certificate or CRL: what was signed, the algorithm, the signature. An ECDSA signature is
 * expected as the DER of ECDSA-Sig-Value (RFC 3279, 2.2.3).
 */
export function assembleSigned(
  tbs: Uint8Array,
  algorithm: SignatureAlgorithm,
  signature: Uint8Array,
): Uint8Array {
  return sequence(tbs, encodeSignatureAlgorithm(algorithm), bitString(signature))
}

/** RFC 5280, 4.1.2; version 3. */
function draft(
  fields: CertificateFields,
  issuer: Pick<IssuerFacts, 'subjectDer' | 'signatureAlgorithm'>,
  subjectDer: Uint8Array,
  extensions: Uint8Array[],
): Uint8Array {
  return sequence(
    element(constructedTag(0), integer(2)),
    unsignedInteger(parseSerialNumber(fields.serialNumber)),
    encodeSignatureAlgorithm(issuer.signatureAlgorithm),
    issuer.subjectDer,
    sequence(time(fields.notBefore), time(fields.notAfter)),
    subjectDer,
    fields.spki,
    element(constructedTag(3), sequence(...extensions)),
  )
}

function encodeIpAddress(text: string): Uint8Array {
  const octets = parseIpAddress(text)
  if (!octets)
    throw new PosternError(
      'profile_violation',
      'The server certificate names an address that is no IP address.',
    )
  return ipName(octets)
}
