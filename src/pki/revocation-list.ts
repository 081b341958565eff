import { PosternError } from '../errors.ts'
import type { IssuerFacts } from './certificate-profile.ts'
import { constructedTag, tags } from './der-tags.ts'
import { element, integer, sequence, time } from './der-writer.ts'
import { authorityKeyIdentifier, extension } from './extension-writer.ts'
import { oids } from './oids.ts'
import { encodeRevokedCertificates, type RevokedCertificate } from './revoked-certificates.ts'
import { encodeSignatureAlgorithm } from './signature-algorithm.ts'

export type RevocationListPlan = {
  issuer: Pick<IssuerFacts, 'subjectDer' | 'subjectKeyIdentifier' | 'signatureAlgorithm'>
  /** Grows with each list of this issuer (RFC 5280, 5.2.3); not negative, at most 20 octets. */
  number: bigint | number
  /** Milliseconds since 1970. */
  thisUpdate: number
  nextUpdate: number
  entries: Iterable<RevokedCertificate>
}

/**
 * The TBSCertList (RFC 5280, 5.1.2) of a full CRL, ready to be signed. Throws `profile_violation` when its
 * dates or a serial number cannot be right.
 */
export function draftRevocationList(plan: RevocationListPlan): Uint8Array {
  if (!(plan.nextUpdate > plan.thisUpdate))
    throw new PosternError('profile_violation', 'A revocation list would end before it begins.')
  const entries = encodeRevokedCertificates(plan.entries)
  return sequence(
    // Version 2.
    integer(1),
    encodeSignatureAlgorithm(plan.issuer.signatureAlgorithm),
    plan.issuer.subjectDer,
    time(plan.thisUpdate),
    time(plan.nextUpdate),
    // RFC 5280, 5.1.2.6: absent when nothing is revoked.
    ...(entries.length === 0 ? [] : [element(tags.sequence, entries)]),
    element(
      constructedTag(0),
      sequence(
        authorityKeyIdentifier(plan.issuer.subjectKeyIdentifier),
        extension(oids.cRLNumber, integer(plan.number)),
      ),
    ),
  )
}
