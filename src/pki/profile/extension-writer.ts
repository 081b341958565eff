import { type KeyUsage, keyUsages } from '../certificate/key-usage.ts'
import { constructedTag, primitiveTag } from '../der/der-tags.ts'
import {
  booleanTrue,
  element,
  integer,
  namedBits,
  nullValue,
  octetString,
  oid,
  sequence,
} from '../der/der-writer.ts'
import { oids } from '../der/oids.ts'
import { uriName } from '../name/general-name.ts'

/** RFC 5280, section 4.1: one Extension around the DER of its value. */
export function extension(dotted: string, value: Uint8Array): Uint8Array {
  return sequence(oid(dotted), octetString(value))
}

function criticalExtension(dotted: string, value: Uint8Array): Uint8Array {
  return sequence(oid(dotted), booleanTrue, octetString(value))
}

/** RFC 5280, section 4.2.1.1: the key only, without issuer and serial number. */
export const authorityKeyIdentifierValue = (keyIdentifier: Uint8Array): Uint8Array =>
  sequence(element(primitiveTag(0), keyIdentifier))

/** The extension around {@link authorityKeyIdentifierValue}. */
export function authorityKeyIdentifier(keyIdentifier: Uint8Array): Uint8Array {
  return extension(oids.authorityKeyIdentifier, authorityKeyIdentifierValue(keyIdentifier))
}

/** RFC 5280, section 4.2.1.2. */
export function subjectKeyIdentifier(keyIdentifier: Uint8Array): Uint8Array {
  return extension(oids.subjectKeyIdentifier, octetString(keyIdentifier))
}

/** RFC 5280, section 4.2.1.3; critical. */
export function keyUsage(...usages: KeyUsage[]): Uint8Array {
  return criticalExtension(oids.keyUsage, namedBits(usages.map((usage) => keyUsages.indexOf(usage))))
}

/** RFC 5280, section 4.2.1.6, with a non-empty subject, so not critical. */
export function subjectAltName(...names: Uint8Array[]): Uint8Array {
  return extension(oids.subjectAltName, sequence(...names))
}

/** RFC 5280, section 4.2.1.9; critical. */
export function basicConstraints(ca: boolean, pathLength?: number): Uint8Array {
  const limit = pathLength === undefined ? [] : [integer(pathLength)]
  return criticalExtension(oids.basicConstraints, ca ? sequence(booleanTrue, ...limit) : sequence())
}

/** RFC 5280, section 4.2.1.12. */
export function extendedKeyUsage(
  ...purposes: ('clientAuth' | 'serverAuth' | 'ocspSigning' | 'documentSigning')[]
): Uint8Array {
  return extension(oids.extendedKeyUsage, sequence(...purposes.map((purpose) => oid(oids[purpose]))))
}

/** RFC 5280, section 4.2.1.13: one distribution point with one URI. */
export function crlDistributionPoint(uri: string): Uint8Array {
  return extension(oids.cRLDistributionPoints, sequence(sequence(distributionPointName(uri))))
}

/**
 * RFC 5280, section 5.2.5; critical: a CRL for the end-entity certificates that name exactly this address.
 */
export function issuingDistributionPoint(uri: string): Uint8Array {
  const onlyContainsUserCerts = element(primitiveTag(1), Uint8Array.of(0xff))
  return criticalExtension(
    oids.issuingDistributionPoint,
    sequence(distributionPointName(uri), onlyContainsUserCerts),
  )
}

/** The DistributionPointName of both extensions: a fullName of one URI. */
function distributionPointName(uri: string): Uint8Array {
  return element(constructedTag(0), element(constructedTag(0), uriName(uri)))
}

/** RFC 5280, section 4.2.2.1: the addresses of the issuer's OCSP responder and certificate. */
export function authorityInfoAccess({
  ocspUrl,
  issuerUrl,
}: {
  ocspUrl?: string | undefined
  issuerUrl: string
}): Uint8Array {
  const access = (method: string, uri: string) => sequence(oid(method), uriName(uri))
  const responder = ocspUrl === undefined ? [] : [access(oids.ocsp, ocspUrl)]
  return extension(oids.authorityInfoAccess, sequence(...responder, access(oids.caIssuers, issuerUrl)))
}

/**
 * RFC 6960, section 4.2.2.2.1: the certificate of a responder needs no revocation check during its validity.
 */
export function ocspNoCheck(): Uint8Array {
  return extension(oids.ocspNoCheck, nullValue)
}
