import type { ApprovalView } from '../../../../src/contract/approval.ts'
import { findLookAlikes } from '../../../../src/pki/text/look-alike.ts'

/** Returns sentences about what an operator should check before deciding about a CSR. */
export function riskNotes({ certificate, organization }: ApprovalView): string[] {
  const { request, subject, keyKind, replaces, description, contacts } = certificate
  if (certificate.external !== null) return externalNotes(certificate.external, organization.legalName)
  if (request === null) return []
  const asked = (field: string) =>
    request.differences.filter(
      (difference) => difference.field.includes(field) && difference.requested !== '',
    )
  const names = asked('Alternative name').map((difference) => difference.requested)
  return [
    ...request.requestedPrivileges.map((power) => `It asks ${power}. The certificate will not carry it.`),
    names.length > 0
      ? `It asks for other names: ${names.join(', ')}. The certificate will not carry them.`
      : '',
    asked('(O)').length > 0 ? 'It asks for another organization name than the one on record.' : '',
    subject.organizationName !== organization.legalName.normalize('NFC').trim()
      ? `The certificate will name “${subject.organizationName}”, not the legal name on record.`
      : '',
    ...findLookAlikes(`${subject.organizationName} ${subject.state}`).map(
      ({ word, reason }) => `“${word}” ${reason}. Compare it letter by letter with the name you know.`,
    ),
    keyKind === 'rsa_2048' ? 'RSA 2048 is the weakest key that is still allowed.' : '',
    contacts.length === 0 ? 'Nobody but the requester is written to about it.' : '',
    description === '' && replaces === null ? 'Nothing says what it is for.' : '',
  ].filter((note) => note !== '')
}

/**
 * Returns notes about an externally issued certificate, which contains what its CA has verified, not
 * Postern's data.
 */
function externalNotes(
  { subject, issuer }: NonNullable<ApprovalView['certificate']['external']>,
  legalName: string,
): string[] {
  return [
    `It was issued by ${issuer || 'an authority without a name'}, and its own revocation is not asked there.`,
    subject.includes(legalName) ? '' : 'It does not name the organization by its legal name on record.',
    ...findLookAlikes(subject).map(
      ({ word, reason }) => `“${word}” ${reason}. Compare it letter by letter with the name you know.`,
    ),
  ].filter((note) => note !== '')
}
