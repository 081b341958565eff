import type { ParsedCertificate } from '../certificate/certificate.ts'
import { DerReader, openSequence } from '../der/der-reader.ts'
import { constructedTag, primitiveTag, tags } from '../der/der-tags.ts'
import { type Extension, parseExtensions } from '../der/extension.ts'
import { toHex } from '../der/fingerprint.ts'
import { oids } from '../der/oids.ts'
import { isSameBytes } from '../der/same-bytes.ts'
import { comparableName } from '../name/comparable-name.ts'
import { readPointUris } from './find-status-sources.ts'
import { isSignedWith } from './is-signed-with.ts'
import { UnusableStatus } from './unusable-status.ts'

/** What a CRL of another CA has to be about. */
export interface ListScope {
  issuer: Pick<ParsedCertificate, 'subjectDer' | 'spki' | 'keyUsage'>
  /** The URIs of the distribution points of the certificates (RFC 5280, section 6.3.3, b, 2, i). */
  uris: readonly string[]
  /** Whether the certificates are those of CAs. */
  isOfAuthorities: boolean
}

/** A CRL whose signature and scope are right. Times are milliseconds since 1970. */
export interface ExternalList {
  thisUpdate: number
  nextUpdate: number
  /** The content of revokedCertificates; undefined if there is none. */
  entries: DerReader | undefined
}

/** The entry of a revoked certificate. */
export interface ListedEntry {
  revokedAt: number
  /** The number of the CRLReason; 0 without one. */
  reason: number
}

const code = 'certificate_malformed'
/** RFC 5280, section 5.3.1. */
const removeFromList = 8

/**
 * Reads a CRL of another CA (RFC 5280, sections 5 and 6.3.3). Nothing in it is looked at before its signature is right,
 * so that octets of a stranger cost one hash. Throws {@link UnusableStatus} for one that says nothing about
 * these certificates, also for indirect, delta and partial ones, and a PosternError for one that cannot be read.
 */
export async function readExternalList(der: Uint8Array, scope: ListScope): Promise<ExternalList> {
  const outer = openSequence(der, code)
  const tbs = outer.readEncoded()
  const algorithmDer = outer.readEncoded()
  const signature = outer.readBitString()
  outer.assertEnd()
  const { issuer } = scope
  if (issuer.keyUsage !== undefined && !issuer.keyUsage.includes('cRLSign'))
    throw new UnusableStatus('is of a CA whose key may not sign CRLs')
  if (!(await isSignedWith({ tbs, algorithmDer, signature }, issuer.spki)))
    throw new UnusableStatus('was not signed by the CA of the certificate')
  return readSignedList(tbs, algorithmDer, scope)
}

function readSignedList(tbs: Uint8Array, algorithmDer: Uint8Array, scope: ListScope): ExternalList {
  const fields = openSequence(tbs, code)
  if (fields.isNext(tags.integer) && fields.readSmallInteger() !== 1)
    throw fields.refusal('its version is unknown')
  // RFC 5280, section 5.1.1.2.
  if (!isSameBytes(fields.readEncoded(), algorithmDer))
    throw fields.refusal('it names two different signature algorithms')
  if (comparableName(fields.readEncoded()) !== comparableName(scope.issuer.subjectDer))
    throw new UnusableStatus('names another issuer')
  const thisUpdate = fields.readTime()
  if (!fields.isNext(tags.utcTime) && !fields.isNext(tags.generalizedTime))
    throw new UnusableStatus('does not say when the next one comes (nextUpdate)')
  const nextUpdate = fields.readTime()
  const entries = fields.isNext(tags.sequence) ? fields.readSequence() : undefined
  const extensions = fields.isAtEnd() ? [] : readTail(fields)
  assertScope(extensions, scope)
  return { thisUpdate, nextUpdate, entries }
}

function readTail(fields: DerReader): Extension[] {
  const inner = fields.readConstructed(constructedTag(0))
  const extensions = parseExtensions(inner)
  inner.assertEnd()
  fields.assertEnd()
  return extensions
}

function assertScope(extensions: readonly Extension[], scope: ListScope): void {
  for (const { oid, critical, value } of extensions)
    if (oid === oids.deltaCRLIndicator) throw new UnusableStatus('is a delta CRL')
    else if (oid === oids.issuingDistributionPoint) assertPoint(value, scope)
    else if (critical) throw new UnusableStatus('has a critical extension that is not known here')
}

/** RFC 5280, section 5.2.5. */
function assertPoint(value: Uint8Array, { uris, isOfAuthorities }: ListScope): void {
  const reader = openSequence(value, code)
  if (reader.isNext(constructedTag(0))) {
    const own = readPointUris(reader.readEncoded())
    if (!own.some((uri) => uris.includes(uri)))
      throw new UnusableStatus('is the part of another distribution point')
  }
  if (readFlag(reader, 1) && isOfAuthorities) throw new UnusableStatus('has no certificates of CAs')
  if (readFlag(reader, 2) && !isOfAuthorities) throw new UnusableStatus('has certificates of CAs alone')
  if (reader.isNext(primitiveTag(3))) throw new UnusableStatus('has some reasons of revocations alone')
  if (readFlag(reader, 4)) throw new UnusableStatus('is an indirect CRL')
  if (readFlag(reader, 5)) throw new UnusableStatus('has attribute certificates alone')
  reader.assertEnd()
}

/** Reads an IMPLICIT BOOLEAN DEFAULT FALSE. */
function readFlag(reader: DerReader, number: number): boolean {
  const tag = primitiveTag(number)
  return reader.isNext(tag) && reader.readContent(tag)[0] !== 0
}

/** How many entries are looked at in one go. */
const entriesPerStep = 2000

/**
 * Looks for serial numbers (hex, as {@link ParsedCertificate} has them) among the entries and adds those that are there
 * to `found`. It yields every few thousand entries, for the caller to let others go on: a long list has a million.
 */
export function* findEntries(
  { entries }: Pick<ExternalList, 'entries'>,
  serialNumbers: ReadonlySet<string>,
  found: Map<string, ListedEntry>,
): Generator<void> {
  if (entries === undefined) return
  const ends = new Set([...serialNumbers].map((serialNumber) => serialNumber.slice(-4)))
  for (let count = 1; !entries.isAtEnd(); count += 1) {
    const entry = entries.readSequence()
    const serialNumber = entry.readInteger()
    const isShort = serialNumber.length <= 2
    if (isShort || ends.has(toHex(serialNumber.subarray(-2))))
      noteEntry(entry, serialNumber, { serialNumbers, found })
    if (count % entriesPerStep === 0) yield
  }
}

function noteEntry(
  entry: DerReader,
  serialNumber: Uint8Array,
  { serialNumbers, found }: { serialNumbers: ReadonlySet<string>; found: Map<string, ListedEntry> },
): void {
  const hex = toHex(
    serialNumber.length > 1 && serialNumber[0] === 0 ? serialNumber.subarray(1) : serialNumber,
  )
  if (!serialNumbers.has(hex)) return
  const revokedAt = entry.readTime()
  const reason = entry.isAtEnd() ? 0 : readReason(entry)
  entry.assertEnd()
  if (reason !== removeFromList) found.set(hex, { revokedAt, reason })
}

/** Reads the extensions of an entry (RFC 5280, section 5.3); a revocation counts whatever else they say. */
function readReason(entry: DerReader): number {
  const reason = parseExtensions(entry).find(({ oid }) => oid === oids.reasonCode)
  if (reason === undefined) return 0
  const reader = new DerReader(reason.value, code)
  const number = reader.readSmallInteger(tags.enumerated)
  reader.assertEnd()
  return number
}
