import { constructedTag, primitiveTag } from './der-tags.ts'
import { booleanTrue, element, integer, namedBits, octetString, oid, sequence } from './der-writer.ts'
import { uriName } from './general-name.ts'
import { type KeyUsage, keyUsages } from './key-usage.ts'
import { oids } from './oids.ts'

/** RFC 5280, 4.1: one Extension around the DER of its value. */
export function extension(dotted: string, value: Uint8Array): Uint8Array {
  return sequence(oid(dotted), octetString(value))
}

function criticalExtension(dotted: string, value: Uint8Array): Uint8Array {
  return sequence(oid(dotted), booleanTrue, octetString(value))
}

/** RFC 5280, 4.2.1.1: the key alone, without issuer and serial number. */
export function authorityKeyIdentifier(keyIdentifier: Uint8Array): Uint8Array {
  return extension(oids.authorityKeyIdentifier, sequence(element(primitiveTag(0), keyIdentifier)))
}

/** RFC 5280, 4.2.1.2. */
export function subjectKeyIdentifier(keyIdentifier: Uint8Array): Uint8Array {
  return extension(oids.subjectKeyIdentifier, octetString(keyIdentifier))
}

/** RFC 5280, 4.2.1.3; critical. */
export function keyUsage(...usages: KeyUsage[]): Uint8Array {
  return criticalExtension(oids.keyUsage, namedBits(usages.map((usage) => keyUsages.indexOf(usage))))
}

/** RFC 5280, 4.2.1.6, beside a subject that is not empty, so not critical. */
export function subjectAltName(...names: Uint8Array[]): Uint8Array {
  return extension(oids.subjectAltName, sequence(...names))
}

/** RFC 5280, 4.2.1.9; critical. */
export function basicConstraints(ca: boolean, pathLength?: number): Uint8Array {
  const limit = pathLength === undefined ? [] : [integer(pathLength)]
  return criticalExtension(oids.basicConstraints, ca ? sequence(booleanTrue, ...limit) : sequence())
}

/** RFC 5280, 4.2.1.12. */
export function extendedKeyUsage(purpose: 'clientAuth' | 'serverAuth'): Uint8Array {
  return extension(oids.extendedKeyUsage, sequence(oid(oids[purpose])))
}

/** RFC 5280, 4.2.1.13: one point with one URI. */
export function crlDistributionPoint(uri: string): Uint8Array {
  const fullName = element(constructedTag(0), element(constructedTag(0), uriName(uri)))
  return extension(oids.cRLDistributionPoints, sequence(sequence(fullName)))
}

/** RFC 5280, 4.2.2.1: where the issuer's certificate can be fetched. */
export function issuerLocation(uri: string): Uint8Array {
  return extension(oids.authorityInfoAccess, sequence(sequence(oid(oids.caIssuers), uriName(uri))))
}
