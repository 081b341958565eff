import { useInfiniteQuery } from '@tanstack/react-query'
import { TextLink } from '../../../components/ui/links.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { useOrganizationWord } from '../../../lib/organization-word.ts'
import { organizationsQuery } from '../api/list-organizations.ts'

/** Leads the operator of a new Postern to the first organization; shows nothing once there is one. */
export function FirstOrganization() {
  const { plural, Plural } = useOrganizationWord()
  const { data } = useInfiniteQuery(organizationsQuery())
  if (data === undefined || data.pages.some(({ items }) => items.length > 0)) return null
  return (
    <Notice tone="info" title={`No ${plural} yet`}>
      <p>
        Create the first one under <TextLink to="/operate/organizations">{Plural}</TextLink>, then invite its
        admin.
      </p>
    </Notice>
  )
}
