import { useNavigate, useSearch } from '@tanstack/react-router'
import { Page } from '../../components/ui/page.tsx'
import { ActivityList } from '../../features/activity/components/activity-list.tsx'
import { OrganizationRefusalCauses } from '../../features/activity/components/organization-refusal-causes.tsx'
import { usePlace } from '../../lib/place.tsx'

/** Shows every request and denial of the organization in the environment. */
export function ActivityPage() {
  const { params, environment } = usePlace()
  const { outcome } = useSearch({ from: '/signed-in/o/$organization/$environment/activity' })
  const navigate = useNavigate()
  return (
    <Page title="Activity" description={`What your services did at the ${environment.label} gateway.`}>
      <OrganizationRefusalCauses />
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
