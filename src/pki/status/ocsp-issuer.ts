import { openSequence } from '../der/der-reader.ts'
import { oids } from '../der/oids.ts'
import { isSameBytes } from '../der/same-bytes.ts'
import type { CertificateId } from './ocsp-request.ts'

/** An issuer by the hashes with which a request may identify it. */
export type OcspIssuer = ReadonlyMap<string, { name: Uint8Array; key: Uint8Array }>

const hashNames = new Map([
  [oids.sha1, 'SHA-1'],
  [oids.sha256, 'SHA-256'],
] as const)

/** Returns the hashes of an issuer's name and key under SHA-1 and SHA-256 (RFC 6960, section 4.1.1). */
export async function createOcspIssuer(subjectDer: Uint8Array, spki: Uint8Array): Promise<OcspIssuer> {
  const key = keyBitsOf(spki)
  const hashes = [...hashNames].map(
    async ([oid, name]) =>
      [oid, { name: await digest(name, subjectDer), key: await digest(name, key) }] as const,
  )
  return new Map(await Promise.all(hashes))
}

/** Returns whether a request names this issuer. An issuer named by another hash is not recognized. */
export function isIssuedBy(issuer: OcspIssuer, certificateId: CertificateId): boolean {
  const hashes = issuer.get(certificateId.hashOid)
  return (
    hashes !== undefined &&
    isSameBytes(hashes.name, certificateId.issuerNameHash) &&
    isSameBytes(hashes.key, certificateId.issuerKeyHash)
  )
}

/** Returns the SHA-1 of a key, by which a response names its responder (RFC 6960, section 4.2.1, KeyHash). */
export function responderKeyHash(spki: Uint8Array): Promise<Uint8Array> {
  return digest('SHA-1', keyBitsOf(spki))
}

function keyBitsOf(spki: Uint8Array): Uint8Array {
  const reader = openSequence(spki, 'key_malformed')
  reader.readSequence()
  const bits = reader.readBitString()
  reader.assertEnd()
  return bits
}

async function digest(name: string, bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest(name, new Uint8Array(bytes)))
}
