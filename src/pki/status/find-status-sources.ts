import type { ParsedCertificate } from '../certificate/certificate.ts'
import { parseTbsCertificate } from '../certificate/tbs-certificate.ts'
import { DerReader, openSequence } from '../der/der-reader.ts'
import { constructedTag, primitiveTag } from '../der/der-tags.ts'
import { oids } from '../der/oids.ts'
import { parseGeneralNames } from '../name/general-name.ts'

/** Where the CA of a certificate publishes whether it is revoked. */
export interface StatusSources {
  /** The URIs of the distribution points that each list every revoked certificate, as the certificate has them. */
  lists: string[]
  /** The URIs of OCSP responders. */
  responders: string[]
  /** Whether it names any source, also one that is not used: CRLs that another authority signs or that are of some reasons alone. */
  namesAny: boolean
}

const code = 'certificate_malformed'
/** RFC 5280, section 4.2.1.13, has no limit: what a certificate makes us remember has one. */
const maxUris = 4
const maxUriLength = 1000

/** Returns what a certificate says of its status (RFC 5280, sections 4.2.1.13 and 4.2.2.1), at most four URIs each. */
export function findStatusSources(certificate: ParsedCertificate): StatusSources {
  const { extensions } = parseTbsCertificate(certificate.tbs, code)
  const points = extensions.find(({ oid }) => oid === oids.cRLDistributionPoints)
  const { ocspResponders } = certificate
  return {
    lists: toUris(points ? readPoints(points.value) : []),
    responders: toUris(ocspResponders),
    namesAny: points !== undefined || ocspResponders.length > 0,
  }
}

const toUris = (uris: readonly string[]): string[] =>
  [...new Set(uris)].filter((uri) => uri.length <= maxUriLength).slice(0, maxUris)

function readPoints(value: Uint8Array): string[] {
  const reader = openSequence(value, code)
  const lists: string[] = []
  do {
    const point = reader.readSequence()
    const uris = point.isNext(constructedTag(0)) ? readPointUris(point.readEncoded()) : []
    const isPartial = point.isNext(primitiveTag(1))
    if (isPartial) point.readEncoded()
    const isIndirect = point.isNext(constructedTag(2))
    if (!isPartial && !isIndirect) lists.push(...uris)
  } while (!reader.isAtEnd())
  return lists
}

/** Returns the URIs of a DistributionPointName with its tag [0] (RFC 5280, section 4.2.1.13). */
export function readPointUris(der: Uint8Array): string[] {
  const outer = new DerReader(der, code)
  const name = outer.readConstructed(constructedTag(0))
  outer.assertEnd()
  if (!name.isNext(constructedTag(0))) return []
  return parseGeneralNames(name.readConstructed(constructedTag(0))).flatMap(({ type, value: uri }) =>
    type === 'uri' ? [uri] : [],
  )
}
