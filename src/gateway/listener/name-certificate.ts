import { constructedTag } from '../../pki/der/der-tags.ts'
import { bitString, element, integer, oid, sequence, time } from '../../pki/der/der-writer.ts'
import { oids } from '../../pki/der/oids.ts'
import { encodeSignatureAlgorithm } from '../../pki/key/signature-algorithm.ts'
import { keyUsage } from '../../pki/profile/extension-writer.ts'

const signatureAlgorithm = encodeSignatureAlgorithm('ed25519')
const validity = sequence(time(Date.UTC(2000, 0)), time(Date.UTC(2100, 0)))
/** A point of small order, to which no private key belongs. */
const publicKey = sequence(sequence(oid(oids.ed25519)), bitString(Uint8Array.of(1, ...new Uint8Array(31))))
const signature = bitString(new Uint8Array(64))

/**
 * A certificate (DER) with the subject of a CA, given as the DER of its name, that cannot be the issuer of any
 * other: its key usage leaves certificate signing out, so path building of the TLS library never takes it for one
 * (RFC 5280, 4.2.1.3). The TLS library tells clients the names of what it is told to trust (RFC 8446, 4.2.4); with
 * these it tells them the same names, finds no issuer for what they send, and verifies no signature of ours.
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
