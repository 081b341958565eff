import { DerReader } from '../der/der-reader.ts'
import { constructedTag, tags } from '../der/der-tags.ts'
import { type Extension, parseExtensions } from '../der/extension.ts'
import { malformed } from '../der/malformed.ts'
import { oids } from '../der/oids.ts'
import { readOrExplain } from '../profile/lint-rule.ts'
import { findEntryProblem } from './find-entry-problem.ts'

/** A TBSCertList as the rules look at it (RFC 5280, 5.1.2). */
export interface ListDetails {
  version: 1 | 2
  /** The AlgorithmIdentifier, encoded. */
  signatureAlgorithmDer: Uint8Array
  issuerDer: Uint8Array
  /** With their octets; milliseconds since 1970. */
  thisUpdate: EncodedTime
  nextUpdate: EncodedTime
  /** What is wrong with revokedCertificates. */
  entryProblem: string | undefined
  extensions: Extension[]
  /** Two's complement octets of the CRL number. */
  number: Uint8Array | undefined
}

interface EncodedTime {
  der: Uint8Array
  at: number
}

const code = 'certificate_malformed'

/** The facts, or the reason why the bytes are not even a TBSCertList with a nextUpdate. */
export const readListDetails = (tbs: Uint8Array): ListDetails | string =>
  readOrExplain(() => {
    const whole = readSpan(tbs, 0, tbs.length)
    if (whole.end !== tbs.length) throw cutShort()
    // A list is longer than the reader takes: it reads what is before the entries, and what is behind them.
    const front = new DerReader(tbs, code, whole.start)
    const version = front.isNext(tags.integer) ? front.readEncoded() : undefined
    const signatureAlgorithmDer = front.readEncoded()
    const issuerDer = front.readEncoded()
    const [thisUpdate, nextUpdate] = [readEncodedTime(front), readEncodedTime(front)]
    const dates = [thisUpdate.der, nextUpdate.der]
    const before = [...(version ? [version] : []), signatureAlgorithmDer, issuerDer, ...dates]
    const at = whole.start + before.reduce((sum, { length }) => sum + length, 0)
    const entries = front.isNext(tags.sequence) ? readSpan(tbs, at, tbs.length) : undefined
    const extensions = readExtensions(new DerReader(tbs, code, entries?.end ?? at))
    return {
      version: readVersion(version),
      signatureAlgorithmDer,
      issuerDer,
      thisUpdate,
      nextUpdate,
      entryProblem: entries && findProblemIn(tbs, entries),
      extensions,
      number: readNumber(extensions.find(({ oid }) => oid === oids.cRLNumber)),
    }
  })

interface Span {
  start: number
  end: number
}

const cutShort = () => malformed(code, 'it is cut short, or more follows it')

/** Where the content of the element at `at` starts and ends; its length is written in as few octets as it takes (X.690, 10.1). */
function readSpan(der: Uint8Array, at: number, most: number): Span {
  const first = der[at + 1] ?? 0
  const octets = first < 0x80 ? 0 : first & 0x7f
  let length = octets === 0 ? first : 0
  for (let i = 0; i < octets; i += 1) length = length * 256 + (der[at + 2 + i] ?? 0)
  const start = at + 2 + octets
  const isMinimal = octets === 0 ? first < 0x80 : length >= Math.max(0x80, 256 ** (octets - 1))
  if (der[at] !== tags.sequence || !isMinimal || octets > 5 || length > most - start) throw cutShort()
  return { start, end: start + length }
}

function readEncodedTime(reader: DerReader): EncodedTime {
  const der = reader.readEncoded()
  return { der, at: new DerReader(der, code).readTime() }
}

function readVersion(encoded: Uint8Array | undefined): 1 | 2 {
  if (encoded === undefined) return 1
  const version = new DerReader(encoded, code)
  if (version.readSmallInteger() !== 1) throw version.refusal('its version is unknown')
  return 2
}

/** RFC 5280, 5.1.2.6: it is absent when nothing is revoked. */
const findProblemIn = (tbs: Uint8Array, { start, end }: Span): string | undefined =>
  start === end ? 'there are entries, and none of them' : findEntryProblem(tbs, start, end)

function readExtensions(reader: DerReader): Extension[] {
  if (reader.isAtEnd()) return []
  const inner = reader.readConstructed(constructedTag(0))
  const extensions = parseExtensions(inner)
  inner.assertEnd()
  reader.assertEnd()
  return extensions
}

function readNumber(extension: Extension | undefined): Uint8Array | undefined {
  if (extension === undefined) return undefined
  const reader = new DerReader(extension.value, code)
  const number = reader.readInteger()
  reader.assertEnd()
  return number
}
