import { useQuery } from '@tanstack/react-query'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { TableSkeleton } from '../../../components/ui/table-skeleton.tsx'
import { usePlace } from '../../../lib/place.tsx'
import { enforcementPlanQuery } from '../api/get-enforcement-plan.ts'
import { DecideButton } from './decide-button.tsx'
import { EnforcementState } from './enforcement-state.tsx'
import { ReadinessReport } from './readiness-report.tsx'

/** Shows the enforcement policy and readiness of the organization; operators change the policy here. */
export function EnforcementOverview({ mayDecide }: { mayDecide: boolean }) {
  const { params, environment } = usePlace()
  const query = useQuery(enforcementPlanQuery(params))
  if (query.isError) return <ErrorNotice error={query.error} onRetry={query.refetch} />
  if (query.data === undefined) return <TableSkeleton what="what is required" />
  const plan = query.data
  return (
    <>
      <EnforcementState plan={plan} label={environment.label} />
      {mayDecide && (
        <div>
          <DecideButton plan={plan} />
        </div>
      )}
      {plan.mode === 'observe' && <ReadinessReport plan={plan} />}
    </>
  )
}
