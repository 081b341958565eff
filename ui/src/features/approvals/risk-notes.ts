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
    ...request.requestedPrivileges.map(
      (power) => `The CSR asks ${power}. The certificate will not contain it.`,
    ),
    names.length > 0
      ? `The CSR asks for other names: ${names.join(', ')}. The certificate will not contain them.`
      : '',
    asked('(O)').length > 0
      ? 'The CSR asks for an organization name that differs from the one on record.'
      : '',
    subject.organizationName !== organization.legalName.normalize('NFC').trim()
      ? `The certificate will name “${subject.organizationName}”, not the legal name on record.`
      : '',
    ...findLookAlikes(`${subject.organizationName} ${subject.state}`).map(
      ({ word, reason }) => `“${word}” ${reason}. Compare each character with the name that you know.`,
    ),
    keyKind === 'rsa_2048' ? 'RSA 2048 is the weakest allowed key.' : '',
    contacts.length === 0 ? 'Only the requester gets emails about this certificate.' : '',
    description === '' && replaces === null ? 'The purpose of the certificate is not described.' : '',
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
    `${issuer || 'A CA without a name'} issued the certificate. Postern does not check for revocation there.`,
    subject.includes(legalName)
      ? ''
      : 'The certificate does not contain the organization’s legal name on record.',
    ...findLookAlikes(subject).map(
      ({ word, reason }) => `“${word}” ${reason}. Compare each character with the name that you know.`,
    ),
  ].filter((note) => note !== '')
}
