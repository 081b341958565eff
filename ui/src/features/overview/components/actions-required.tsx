import { ActionList } from '../../../components/ui/action-list.tsx'
import { TextLink } from '../../../components/ui/links.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { useWorkspace, type Workspace } from '../../../lib/workspace.tsx'
import type { RequiredAction } from '../describe-required-actions.ts'

/** Shows what needs action, the most urgent first. */
export function ActionsRequired({ needs, hasMore }: { needs: RequiredAction[]; hasMore: boolean }) {
  const { params } = useWorkspace()
  return (
    <Panel title="Needs you" flush>
      <ActionList
        items={needs.map(({ leadsTo, ...need }) => ({ ...need, link: toLink(leadsTo, params) }))}
        calm="Nothing. No certificate expires within 30 days, no rotation is unfinished, and no request was denied in the last hour."
        more={
          hasMore && (
            <TextLink
              size="sm"
              to="/o/$organization/$environment/certificates"
              params={params}
              search={{ sort: 'expires' }}
            >
              There are more: see all certificates by expiry
            </TextLink>
          )
        }
      />
    </Panel>
  )
}

function toLink(leadsTo: RequiredAction['leadsTo'], params: Workspace['params']) {
  if (leadsTo.page === 'denials')
    return { to: '/o/$organization/$environment/activity', params, search: { outcome: 'denied' } } as const
  const ids = { ...params, certificateId: leadsTo.certificateId }
  if (leadsTo.page === 'draft')
    return {
      to: '/o/$organization/$environment/certificates/$certificateId/create/$step',
      params: { ...ids, step: 'key' },
    } as const
  if (leadsTo.page === 'rotation')
    return {
      to: '/o/$organization/$environment/certificates/$certificateId/rotation',
      params: ids,
    } as const
  return { to: '/o/$organization/$environment/certificates/$certificateId', params: ids } as const
}
