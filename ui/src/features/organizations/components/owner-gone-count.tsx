import { useQuery } from '@tanstack/react-query'
import { TextLink } from '../../../components/ui/links.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { countText } from '../../../lib/count-text.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { organizationUseQuery } from '../api/get-organization.ts'

/** Shows how many certificates people have left behind; nothing if there is none. */
export function OwnerGoneCount() {
  const { organization, params } = useWorkspace()
  const { data } = useQuery(organizationUseQuery(organization.slug))
  if (data === undefined || data.ownerGoneCount === 0) return null
  return (
    <Notice
      tone="info"
      title={countText(data.ownerGoneCount, 'certificate has no owner', 'certificates have no owner')}
      actions={
        <TextLink to="/o/$organization/$environment/certificates" params={params} search={{ owner: 'gone' }}>
          Show certificates whose owner is gone
        </TextLink>
      }
    >
      <p>
        Their creators are no longer members, in one environment or several. The certificates keep working:
        name a new owner or contact for each.
      </p>
    </Notice>
  )
}
