import { useRouteContext } from '@tanstack/react-router'
import { Page } from '../../components/ui/page.tsx'
import { EnforcementOverview } from '../../features/enforcement/components/enforcement-overview.tsx'
import { usePlace } from '../../lib/place.tsx'

/** Whether callers of the organization need a certificate, and which calls would be refused. */
export function EnforcementPage() {
  const { environment } = usePlace()
  const { session } = useRouteContext({ from: '/signed-in/o/$organization/$environment' })
  return (
    <Page
      title="Enforcement"
      description={`Whether your calls to ${environment.label} need a client certificate, and whether all of them have one.`}
    >
      <EnforcementOverview mayDecide={session.operator} />
    </Page>
  )
}
