import { constructedTag } from '../../pki/der/der-tags.ts'
import { bitString, element, integer, oid, sequence, time } from '../../pki/der/der-writer.ts'
import { oids } from '../../pki/der/oids.ts'
import { encodeSignatureAlgorithm } from '../../pki/key/signature-algorithm.ts'
import { keyUsage } from '../../pki/profile/extension-writer.ts'

const signatureAlgorithm = encodeSignatureAlgorithm('ed25519')
const validity = sequence(time(Date.UTC(2000, 0)), time(Date.UTC(2100, 0)))
/** A point of small order, which has no private key. */
const publicKey = sequence(sequence(oid(oids.ed25519)), bitString(Uint8Array.of(1, ...new Uint8Array(31))))
const signature = bitString(new Uint8Array(64))

/**
 * Creates a placeholder certificate (DER) with the subject of a CA, given as the DER of its name, that cannot
 * be the issuer of any other: its key usage excludes certificate signing, so the TLS library's path building
 * never uses it (RFC 5280, section 4.2.1.3). The TLS library sends clients the names of its trusted CAs (RFC
 * 8446, section 4.2.4); with placeholders it sends the same names, finds no issuer for client certificates,
 * and verifies no signature.
 */
export function toNameCertificate(subjectDer: Uint8Array): Uint8Array {
  const tbs = sequence(
    element(constructedTag(0), integer(2)),
    integer(1),
    signatureAlgorithm,
    subjectDer,
    validity,
    subjectDer,
    publicKey,
    element(constructedTag(3), sequence(keyUsage('digitalSignature'))),
  )
  return sequence(tbs, signatureAlgorithm, signature)
}
