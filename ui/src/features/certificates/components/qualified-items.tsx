import type { QualifiedDetailsView } from '../../../../../src/contract/certificate.ts'
import { DescriptionItem } from '../../../components/ui/description-list.tsx'

const typeWords: Record<string, string> = {
  web: 'Website authentication (QWAC)',
  eseal: 'Electronic seal (QSealC)',
  esign: 'Electronic signature',
}
const roleWords: Record<string, string> = {
  PSP_AS: 'Account servicing (PSP_AS)',
  PSP_PI: 'Payment initiation (PSP_PI)',
  PSP_AI: 'Account information (PSP_AI)',
  PSP_IC: 'Card-based payment instruments (PSP_IC)',
}

/** Shows what a certificate says of itself by qualified certificate statements; nothing without any. */
export function QualifiedItems({ details }: { details: QualifiedDetailsView | null }) {
  if (details === null) return null
  if (!details.readable)
    return <DescriptionItem label="Qualified statements">Statements that cannot be read</DescriptionItem>
  const { qualified, types, organizationIdentifier, roles, authorityName, authorityId } = details
  return (
    <>
      <DescriptionItem label="Claims to be">
        {qualified ? 'EU qualified' : 'Not EU qualified'}
        {types.length > 0 && `: ${types.map((type) => typeWords[type] ?? type).join(', ')}`}
      </DescriptionItem>
      {organizationIdentifier !== null && (
        <DescriptionItem label="Organization identifier">{organizationIdentifier}</DescriptionItem>
      )}
      {roles.length > 0 && (
        <DescriptionItem label="PSD2 roles">
          {roles.map((role) => roleWords[role] ?? role).join(', ')}
        </DescriptionItem>
      )}
      {authorityName !== null && (
        <DescriptionItem label="Competent authority">
          {authorityName} ({authorityId})
        </DescriptionItem>
      )}
    </>
  )
}
