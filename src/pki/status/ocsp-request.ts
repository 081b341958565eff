import { DerReader, openSequence } from '../der/der-reader.ts'
import { constructedTag, tags } from '../der/der-tags.ts'
import { parseExtensions } from '../der/extension.ts'
import { oids } from '../der/oids.ts'

/** The certificate of a request (RFC 6960, section 4.1.1). */
export interface CertificateId {
  /** As received: the response repeats it. */
  der: Uint8Array
  hashOid: string
  issuerNameHash: Uint8Array
  issuerKeyHash: Uint8Array
  /** Two's complement octets. */
  serialNumber: Uint8Array
}

/** A parsed request; every Uint8Array is a view of the input. */
export interface OcspRequest {
  certificateIds: CertificateId[]
  /** The OCTET STRING that the response repeats (RFC 9654). */
  nonce?: Uint8Array
}

const code = 'ocsp_request_malformed'
/** Maximum size of a request. */
export const maxOcspRequestOctets = 16_384
/** Each certificate costs a query of the store. */
const maxCertificates = 32
const maxSerialOctets = 21
const maxHashOctets = 64
/** RFC 9654, section 2.1. */
const maxNonceOctets = 128

/**
 * Parses an OCSPRequest (RFC 6960, section 4.1.1) from untrusted bytes. A signature on it is ignored, since
 * requests need no authentication. Throws `ocsp_request_malformed`.
 */
export function parseOcspRequest(der: Uint8Array): OcspRequest {
  const outer = openSequence(der, code)
  if (der.length > maxOcspRequestOctets) throw outer.refusal('it is too large')
  const request = outer.readSequence()
  if (outer.isNext(constructedTag(0))) outer.readEncoded()
  outer.assertEnd()
  skipVersionAndRequestor(request)
  const list = request.readSequence()
  const certificateIds: CertificateId[] = []
  do {
    if (certificateIds.length === maxCertificates)
      throw list.refusal(`it asks after more than ${maxCertificates} certificates`)
    certificateIds.push(readSingleRequest(list.readSequence()))
  } while (!list.isAtEnd())
  const nonce = readExtensions(request, 2)
  request.assertEnd()
  return nonce === undefined ? { certificateIds } : { certificateIds, nonce }
}

/**
 * Skips the version and requestor. Version 1 is the default; an explicit one is accepted too, which OpenSSL
 * writes in signed requests.
 */
function skipVersionAndRequestor(request: DerReader): void {
  if (request.isNext(constructedTag(0))) {
    const inner = request.readConstructed(constructedTag(0))
    if (inner.readSmallInteger() !== 0) throw inner.refusal('its version is unknown')
    inner.assertEnd()
  }
  if (request.isNext(constructedTag(1))) request.readEncoded()
}

function readSingleRequest(single: DerReader): CertificateId {
  const certificateId = parseCertificateId(single.readEncoded())
  readExtensions(single, 0)
  single.assertEnd()
  return certificateId
}

/** Parses a CertID (RFC 6960, section 4.1.1). Throws `ocsp_request_malformed`. */
export function parseCertificateId(der: Uint8Array): CertificateId {
  const reader = openSequence(der, code)
  const algorithm = reader.readSequence()
  const hashOid = algorithm.readOid()
  // RFC 5754, section 2: both forms, absent and NULL, are in use.
  if (!algorithm.isAtEnd()) algorithm.readNull()
  algorithm.assertEnd()
  const issuerNameHash = reader.readContent(tags.octetString)
  const issuerKeyHash = reader.readContent(tags.octetString)
  const serialNumber = reader.readInteger()
  reader.assertEnd()
  if (Math.max(issuerNameHash.length, issuerKeyHash.length) > maxHashOctets)
    throw reader.refusal('a hash is too long')
  if (serialNumber.length > maxSerialOctets) throw reader.refusal('a serial number is too long')
  return { der, hashOid, issuerNameHash, issuerKeyHash, serialNumber }
}

/**
 * Reads the extensions under this tag, if present, and returns the nonce. Others are ignored, except critical
 * ones (RFC 6960, section 4.4).
 */
function readExtensions(reader: DerReader, tagNumber: number): Uint8Array | undefined {
  if (!reader.isNext(constructedTag(tagNumber))) return undefined
  const inner = reader.readConstructed(constructedTag(tagNumber))
  let nonce: Uint8Array | undefined
  for (const { oid, critical, value } of parseExtensions(inner)) {
    if (oid === oids.ocspNonce) nonce = parseNonce(value)
    else if (critical) throw inner.refusal('it has a critical extension that is unknown here')
  }
  inner.assertEnd()
  return nonce
}

/** RFC 9654, section 2.1: an OCTET STRING of 1 to 128 octets in the value; another length is malformed. */
export function parseNonce(value: Uint8Array): Uint8Array {
  const reader = new DerReader(value, code)
  const nonce = reader.readContent(tags.octetString)
  reader.assertEnd()
  if (nonce.length === 0 || nonce.length > maxNonceOctets)
    throw reader.refusal('its nonce has no octet or more than 128')
  return nonce
}
