import type { ApprovalView } from '../../../../src/contract/approval.ts'
import { fitOrganizationName } from '../../../../src/pki/name/subject.ts'
import { findLookAlikes } from '../../../../src/pki/text/look-alike.ts'

/** What an operator reads beside a CSR before deciding. */
export interface ApprovalNotes {
  /** What may be wrong with this CSR in particular. */
  risks: string[]
  /** What is good to know, and true of many. */
  remarks: string[]
}

/** Returns sentences about a CSR or an externally issued certificate. */
export function riskNotes({ certificate, organization }: ApprovalView): ApprovalNotes {
  const { request, certifiedSubject, keyKind, replaces, description, contacts } = certificate
  if (certificate.external !== null) return externalNotes(certificate.external, organization.legalName)
  if (request === null) return { risks: [], remarks: [] }
  const asked = (field: string) =>
    request.differences.filter(
      (difference) => difference.field.includes(field) && difference.requested !== '',
    )
  const names = asked('Alternative name').map((difference) => difference.requested)
  const isOnRecord =
    certifiedSubject.organizationName === fitOrganizationName(organization.legalName).normalize('NFC').trim()
  return {
    risks: [
      ...request.requestedPrivileges.map(
        (power) => `The CSR asks ${power}. The certificate will not contain it.`,
      ),
      names.length > 0
        ? `The CSR asks for other names: ${names.join(', ')}. The certificate will not contain them.`
        : '',
      asked('(O)').length > 0
        ? 'The CSR asks for an organization name that differs from the one on record.'
        : '',
      isOnRecord
        ? ''
        : `The certificate will name “${certifiedSubject.organizationName}”, not the legal name on record.`,
      ...lookAlikeNotes(`${certifiedSubject.organizationName} ${certifiedSubject.state}`),
    ].filter((note) => note !== ''),
    remarks: [
      keyKind === 'rsa_2048' ? 'RSA 2048 is the weakest allowed key.' : '',
      contacts.length === 0 ? 'Only the requester gets emails about this certificate.' : '',
      description === '' && replaces === null ? 'The purpose of the certificate is not described.' : '',
    ].filter((note) => note !== ''),
  }
}

/**
 * Returns notes about an externally issued certificate, which contains what its CA has verified, not
 * Postern's data.
 */
function externalNotes(
  { subject, issuer }: NonNullable<ApprovalView['certificate']['external']>,
  legalName: string,
): ApprovalNotes {
  return {
    risks: [
      subject.includes(legalName)
        ? ''
        : 'The certificate does not contain the organization’s legal name on record.',
      ...lookAlikeNotes(subject),
    ].filter((note) => note !== ''),
    remarks: [
      `${issuer || 'A CA without a name'} issued the certificate. Postern does not check for revocation there.`,
    ],
  }
}

const lookAlikeNotes = (text: string): string[] =>
  findLookAlikes(text).map(
    ({ word, reason }) => `“${word}” ${reason}. Compare each character with the name that you know.`,
  )
