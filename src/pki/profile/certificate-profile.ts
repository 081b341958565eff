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

/** The issuer data that a certificate needs. */
export type IssuerDetails = {
  subjectDer: Uint8Array
  subjectKeyIdentifier: Uint8Array
  signatureAlgorithm: SignatureAlgorithm
  /** Milliseconds since 1970: no certificate outlives its issuer. */
  notAfter: number
}

/** What every certificate states. Times are milliseconds since 1970; both ends count and are cut to the second. */
type CertificateFields = {
  /** Hex; at least 64 random bits, positive, at most 20 octets (RFC 5280, section 4.1.2.2). */
  serialNumber: string
  spki: Uint8Array
  subjectKeyIdentifier: Uint8Array
  notBefore: number
  notAfter: number
}

export type ClientCertificateFields = CertificateFields & {
  issuer: IssuerDetails
  subject: Subject
  /** The subject alternative name. */
  uri: string
  crlUrl: string
  /** The OCSP address of the issuer. */
  ocspUrl: string
  /** The address of the issuer's certificate. */
  issuerUrl: string
}

/**
 * A root is self-signed; an issuing CA is signed by a root and issues client certificates and its own OCSP
 * responders.
 */
export type AuthorityCertificateFields =
  | (RootFields & { kind: 'root' })
  | (CertificateFields & { kind: 'issuing'; subject: DistinguishedName; issuer: IssuerDetails } & {
      crlUrl?: string
      issuerUrl?: string
    })

export type RootFields = CertificateFields & {
  subject: DistinguishedName
  signatureAlgorithm: SignatureAlgorithm
}

/**
 * A certificate for Postern's own use: an OCSP responder (RFC 6960, section 4.2.2.2), the key of the audit log, or a
 * client of other servers.
 */
export type ResponderCertificateFields = CertificateFields & {
  issuer: IssuerDetails
  subject: DistinguishedName
}

export type ServerCertificateFields = CertificateFields & {
  issuer: IssuerDetails
  subject: DistinguishedName
  dnsNames: readonly string[]
  ipAddresses: readonly string[]
}

/** Returns the TBSCertificate of a client certificate: only clientAuth and digitalSignature. */
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

/**
 * Returns the TBSCertificate of a CA: a root, or an issuing CA of path length 0 for clientAuth and its OCSP
 * responders.
 */
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
    // Purposes of a CA limit the certificates below it: without the second its OCSP responder would be
    // invalid.
    extendedKeyUsage('clientAuth', 'ocspSigning'),
    basicConstraints(true, 0),
    ...(fields.crlUrl === undefined ? [] : [crlDistributionPoint(fields.crlUrl)]),
    ...(fields.issuerUrl === undefined ? [] : [authorityInfoAccess({ issuerUrl: fields.issuerUrl })]),
  ])
}

/**
 * Returns the TBSCertificate of an OCSP responder. Its own revocation is not checked, so it has to be
 * short-lived.
 */
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

/**
 * Returns the TBSCertificate of the key that signs the audit log (RFC 9336). It is not valid for connections.
 */
export function draftAuditCertificate(fields: ResponderCertificateFields): Uint8Array {
  return draft(fields, fields.issuer, encodeName(fields.subject), [
    authorityKeyIdentifier(fields.issuer.subjectKeyIdentifier),
    subjectKeyIdentifier(fields.subjectKeyIdentifier),
    keyUsage('digitalSignature'),
    extendedKeyUsage('documentSigning'),
    basicConstraints(false),
  ])
}

/**
 * Returns the TBSCertificate of a certificate that Postern presents to servers of others: only clientAuth and
 * digitalSignature. Nothing is published about it.
 */
export function draftOutgoingCertificate(fields: ResponderCertificateFields): Uint8Array {
  return draft(fields, fields.issuer, encodeName(fields.subject), [
    authorityKeyIdentifier(fields.issuer.subjectKeyIdentifier),
    subjectKeyIdentifier(fields.subjectKeyIdentifier),
    keyUsage('digitalSignature'),
    extendedKeyUsage('clientAuth'),
    basicConstraints(false),
  ])
}

/** Returns the TBSCertificate of a TLS server. Throws `profile_violation` for an invalid address. */
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
 * Returns the complete certificate or CRL: the signed content, the algorithm, the signature. An ECDSA
 * signature has to be the DER of ECDSA-Sig-Value (RFC 3279, section 2.2.3).
 */
export function assembleSigned(
  tbs: Uint8Array,
  algorithm: SignatureAlgorithm,
  signature: Uint8Array,
): Uint8Array {
  return sequence(tbs, encodeSignatureAlgorithm(algorithm), bitString(signature))
}

/** RFC 5280, section 4.1.2; version 3. */
function draft(
  fields: CertificateFields,
  issuer: Pick<IssuerDetails, 'subjectDer' | 'signatureAlgorithm'>,
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
