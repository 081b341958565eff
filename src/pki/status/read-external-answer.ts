import { type ParsedCertificate, parseCertificate } from '../certificate/certificate.ts'
import { type DerReader, openSequence } from '../der/der-reader.ts'
import { constructedTag, primitiveTag, tags } from '../der/der-tags.ts'
import { element, nullValue, octetString, oid, sequence, unsignedInteger } from '../der/der-writer.ts'
import { parseExtensions } from '../der/extension.ts'
import { fromHex, toHex } from '../der/fingerprint.ts'
import { oids } from '../der/oids.ts'
import { isSameBytes } from '../der/same-bytes.ts'
import { comparableName } from '../name/comparable-name.ts'
import { isSignedWith, type Signed } from './is-signed-with.ts'
import { createOcspIssuer, isIssuedBy, responderKeyHash } from './ocsp-issuer.ts'
import { parseCertificateId, parseNonce } from './ocsp-request.ts'
import type { ListedEntry } from './read-external-list.ts'
import { UnusableStatus } from './unusable-status.ts'

/** A certificate that a responder of another CA is asked about. */
export interface Asked {
  issuer: ParsedCertificate
  /** Hex, as {@link ParsedCertificate} has it. */
  serialNumber: string
  nonce: Uint8Array
}

/** What a responder says of one certificate. Times are milliseconds since 1970. */
export interface ExternalAnswer {
  /** The revocation; null for a certificate that is good. */
  entry: ListedEntry | null
  thisUpdate: number
  /** Null if newer information is always available (RFC 6960, section 4.2.2.1). */
  nextUpdate: number | null
}

const code = 'certificate_malformed'
const nonceType = oid(oids.ocspNonce)

/**
 * Returns the OCSPRequest for one certificate (RFC 6960, section 4.1.1). It names the issuer by SHA-1, which every
 * responder knows: nothing depends on the strength of that hash.
 */
export async function writeExternalRequest({ issuer, serialNumber, nonce }: Asked): Promise<Uint8Array> {
  const hashes = (await createOcspIssuer(issuer.subjectDer, issuer.spki)).get(oids.sha1)
  const certificateId = sequence(
    sequence(oid(oids.sha1), nullValue),
    octetString(hashes?.name ?? new Uint8Array()),
    octetString(hashes?.key ?? new Uint8Array()),
    unsignedInteger(fromHex(serialNumber)),
  )
  const extensions = sequence(sequence(nonceType, octetString(octetString(nonce))))
  return sequence(sequence(sequence(sequence(certificateId)), element(constructedTag(2), extensions)))
}

const errors: Record<number, string> = {
  1: 'malformedRequest',
  2: 'internalError',
  3: 'tryLater',
  5: 'sigRequired',
  6: 'unauthorized',
}

/**
 * Reads the answer of a responder (RFC 6960, section 4.2) at `now`. It has to be signed by the issuer, or by a responder
 * whose certificate the issuer itself has signed for this purpose (section 4.2.2.2). A nonce need not be in it, and has to be
 * that of the request. Throws {@link UnusableStatus}, and a PosternError for octets that cannot be read.
 */
export async function readExternalAnswer(
  der: Uint8Array,
  asked: Asked,
  now: number,
): Promise<ExternalAnswer> {
  const { tbs, algorithmDer, signature, certificates } = readBasicResponse(der)
  const data = readResponseData(tbs)
  const signer = await findSigner(data.responder, certificates, asked.issuer, now)
  if (!(await isSignedWith({ tbs, algorithmDer, signature }, signer)))
    throw new UnusableStatus('was not signed by its responder')
  if (data.nonce !== undefined && !isSameBytes(data.nonce, asked.nonce))
    throw new UnusableStatus('is the answer to another request (nonce)')
  const issuer = await createOcspIssuer(asked.issuer.subjectDer, asked.issuer.spki)
  for (const single of data.singles) {
    const certificateId = parseCertificateId(single.readEncoded())
    const serialNumber = toHex(unsigned(certificateId.serialNumber))
    if (isIssuedBy(issuer, certificateId) && serialNumber === asked.serialNumber) return readSingle(single)
  }
  throw new UnusableStatus('says nothing about the certificate')
}

const unsigned = (octets: Uint8Array) => (octets.length > 1 && octets[0] === 0 ? octets.subarray(1) : octets)

function readBasicResponse(der: Uint8Array): Signed & { certificates: Uint8Array[] } {
  const outer = openSequence(der, code)
  const status = outer.readContent(tags.enumerated)[0] ?? 0
  if (status !== 0) throw new UnusableStatus(`is the error ${errors[status] ?? status}`)
  const wrapped = outer.readConstructed(constructedTag(0)).readSequence()
  if (wrapped.readOid() !== oids.ocspBasicResponse)
    throw new UnusableStatus('is of a kind that is not known here')
  const basic = openSequence(wrapped.readContent(tags.octetString), code)
  const tbs = basic.readEncoded()
  const algorithmDer = basic.readEncoded()
  const signature = basic.readBitString()
  const certificates: Uint8Array[] = []
  if (basic.isNext(constructedTag(0))) {
    const list = basic.readConstructed(constructedTag(0)).readSequence()
    while (!list.isAtEnd() && certificates.length < maxCertificates) certificates.push(list.readEncoded())
  }
  return { tbs, algorithmDer, signature, certificates }
}

/** The certificate of the responder, and some issuers that are not needed. */
const maxCertificates = 4

type Responder = { nameDer: Uint8Array } | { keyHash: Uint8Array }

function readResponseData(tbs: Uint8Array) {
  const data = openSequence(tbs, code)
  if (data.isNext(constructedTag(0))) data.readEncoded()
  const responder = readResponder(data)
  readGeneralizedTime(data)
  const list = data.readSequence()
  const singles: DerReader[] = []
  while (!list.isAtEnd()) singles.push(list.readSequence())
  let nonce: Uint8Array | undefined
  if (data.isNext(constructedTag(1)))
    for (const { oid: dotted, critical, value } of parseExtensions(data.readConstructed(constructedTag(1))))
      if (dotted === oids.ocspNonce) nonce = parseNonce(value)
      else if (critical) throw new UnusableStatus('has a critical extension that is not known here')
  data.assertEnd()
  return { responder, singles, nonce }
}

function readResponder(data: DerReader): Responder {
  if (!data.isNext(constructedTag(1)))
    return { keyHash: data.readConstructed(constructedTag(2)).readContent(tags.octetString) }
  return { nameDer: data.readConstructed(constructedTag(1)).readEncoded() }
}

/** Returns the key that may sign the answer: that of the issuer, or of a responder whom it has named. */
async function findSigner(
  responder: Responder,
  certificates: readonly Uint8Array[],
  issuer: ParsedCertificate,
  now: number,
): Promise<Uint8Array> {
  if (await isNamed(responder, issuer)) return issuer.spki
  for (const der of certificates) {
    const certificate = parseCertificate(der)
    if (!(await isNamed(responder, certificate))) continue
    await assertDelegated(certificate, issuer, now)
    return certificate.spki
  }
  throw new UnusableStatus('is signed by a responder whose certificate is not with it')
}

async function isNamed(
  responder: Responder,
  { subjectDer, spki }: Pick<ParsedCertificate, 'subjectDer' | 'spki'>,
): Promise<boolean> {
  return 'nameDer' in responder
    ? comparableName(responder.nameDer) === comparableName(subjectDer)
    : isSameBytes(responder.keyHash, await responderKeyHash(spki))
}

/** RFC 6960, section 4.2.2.2. Whether a responder itself is revoked is not asked: its certificate is short by custom. */
async function assertDelegated(
  responder: ParsedCertificate,
  issuer: ParsedCertificate,
  now: number,
): Promise<void> {
  const { der, tbs, signature, extendedKeyUsage, keyUsage, notBefore, notAfter } = responder
  const outer = openSequence(der, code)
  outer.readEncoded()
  const algorithmDer = outer.readEncoded()
  const isOfIssuer =
    comparableName(responder.issuerDer) === comparableName(issuer.subjectDer) &&
    (await isSignedWith({ tbs, algorithmDer, signature }, issuer.spki))
  if (!isOfIssuer)
    throw new UnusableStatus('is signed by a responder that the CA of the certificate did not name')
  if (!extendedKeyUsage?.includes('ocspSigning'))
    throw new UnusableStatus('is signed by a certificate that is not for OCSP')
  if (
    keyUsage !== undefined &&
    !keyUsage.includes('digitalSignature') &&
    !keyUsage.includes('nonRepudiation')
  )
    throw new UnusableStatus('is signed by a key that may not sign')
  if (now < notBefore || now >= notAfter + 1000)
    throw new UnusableStatus('is signed by a responder whose certificate is not valid now')
}

/** Reads a SingleResponse behind its CertID. */
function readSingle(single: DerReader): ExternalAnswer {
  const entry = readStatus(single)
  const thisUpdate = readGeneralizedTime(single)
  let nextUpdate: number | null = null
  if (single.isNext(constructedTag(0)))
    nextUpdate = readGeneralizedTime(single.readConstructed(constructedTag(0)))
  if (single.isNext(constructedTag(1)))
    for (const { critical } of parseExtensions(single.readConstructed(constructedTag(1))))
      if (critical) throw new UnusableStatus('has a critical extension that is not known here')
  return { entry, thisUpdate, nextUpdate }
}

function readStatus(single: DerReader): ListedEntry | null {
  if (single.isNext(primitiveTag(0))) {
    single.readContent(primitiveTag(0))
    return null
  }
  if (single.isNext(primitiveTag(2))) throw new UnusableStatus('does not know the certificate')
  const revoked = single.readConstructed(constructedTag(1))
  const revokedAt = readGeneralizedTime(revoked)
  if (revoked.isAtEnd()) return { revokedAt, reason: 0 }
  const reason = revoked.readConstructed(constructedTag(0)).readSmallInteger(tags.enumerated)
  revoked.assertEnd()
  return { revokedAt, reason }
}

function readGeneralizedTime(reader: DerReader): number {
  if (!reader.isNext(tags.generalizedTime)) throw reader.refusal('a date is not a GeneralizedTime')
  return reader.readTime()
}
