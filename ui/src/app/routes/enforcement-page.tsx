import { useRouteContext } from '@tanstack/react-router'
import { Page } from '../../components/ui/page.tsx'
import { EnforcementOverview } from '../../features/enforcement/components/enforcement-overview.tsx'
import { useWorkspace } from '../../lib/workspace.tsx'

/** Shows whether clients of the organization need a certificate, and which requests would be denied. */
export function EnforcementPage() {
  const { environment } = useWorkspace()
  const { session } = useRouteContext({ from: '/signed-in/o/$organization/$environment' })
  return (
    <Page
      title="Enforcement"
      description={`Whether calls to ${environment.label} require a client certificate, and which calls have none.`}
    >
      <EnforcementOverview mayDecide={session.operatorRole === 'operator'} />
    </Page>
  )
}
