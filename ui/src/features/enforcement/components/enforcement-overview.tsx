import { useQuery } from '@tanstack/react-query'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { TableSkeleton } from '../../../components/ui/table-skeleton.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { enforcementPolicyQuery } from '../api/get-enforcement-policy.ts'
import { ChangeEnforcementButton } from './change-enforcement-button.tsx'
import { EnforcementState } from './enforcement-state.tsx'
import { ReadinessReport } from './readiness-report.tsx'

/** Shows the enforcement policy and readiness of the organization; operators change the policy here. */
export function EnforcementOverview({ mayDecide }: { mayDecide: boolean }) {
  const { params, environment } = useWorkspace()
  const query = useQuery(enforcementPolicyQuery(params))
  if (query.isError) return <ErrorNotice error={query.error} onRetry={query.refetch} />
  if (query.data === undefined) return <TableSkeleton what="the certificate requirement" />
  const policy = query.data
  return (
    <>
      <EnforcementState plan={policy} label={environment.label} />
      {mayDecide && (
        <div>
          <ChangeEnforcementButton plan={policy} />
        </div>
      )}
      {policy.mode === 'observe' && <ReadinessReport plan={policy} />}
    </>
  )
}
