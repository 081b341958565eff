import type { QualifiedDetailsView } from '../contract/certificate.ts'
import type { ParsedCertificate } from '../pki/certificate/certificate.ts'
import { findQualifiedDetails } from '../pki/certificate/qualified-details.ts'

const unreadable = {
  readable: false,
  qualified: false,
  types: [],
  organizationIdentifier: null,
  roles: [],
  authorityName: null,
  authorityId: null,
}

/** Returns what an externally issued certificate says by qualified certificate statements; null without any. */
export function toQualifiedView(certificate: ParsedCertificate): QualifiedDetailsView | null {
  const details = findQualifiedDetails(certificate)
  if (details === undefined) return null
  if (details === 'unreadable') return unreadable
  const { isQualified, types, organizationIdentifier, psd2 } = details
  return {
    ...{ readable: true, qualified: isQualified, types, organizationIdentifier },
    roles: psd2?.roles ?? [],
    authorityName: psd2?.authorityName ?? null,
    authorityId: psd2?.authorityId ?? null,
  }
}
