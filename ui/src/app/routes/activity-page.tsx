import { useNavigate, useSearch } from '@tanstack/react-router'
import { Page } from '../../components/ui/page.tsx'
import { ActivityList } from '../../features/activity/components/activity-list.tsx'
import { OrganizationDenialCauses } from '../../features/activity/components/organization-denial-causes.tsx'
import { useWorkspace } from '../../lib/workspace.tsx'

/** Shows every request and denial of the organization in the environment. */
export function ActivityPage() {
  const { params, environment } = useWorkspace()
  const { outcome } = useSearch({ from: '/signed-in/o/$organization/$environment/activity' })
  const navigate = useNavigate()
  return (
    <Page
      title="Activity"
      description={`Connections, token requests and calls of your services at the ${environment.label} gateway.`}
    >
      <OrganizationDenialCauses />
      <ActivityList
        outcome={outcome}
        onOutcome={(next) =>
          navigate({
            to: '/o/$organization/$environment/activity',
            params,
            search: next === undefined ? {} : { outcome: next },
            replace: true,
          })
        }
      />
    </Page>
  )
}
