import { useSuspenseQueries } from '@tanstack/react-query'
import { useRouteContext } from '@tanstack/react-router'
import { Page } from '../../components/ui/page.tsx'
import { CalendarFeedsPanel } from '../../features/calendar-feeds/components/calendar-feeds-panel.tsx'
import { organizationQuery, securityPolicyQuery } from '../../features/organizations/api/get-organization.ts'
import { FactsPanel } from '../../features/organizations/components/facts-panel.tsx'
import { SecondFactorPanel } from '../../features/organizations/components/second-factor-panel.tsx'
import { useOrganizationWord } from '../../lib/organization-word.ts'
import { useWorkspace } from '../../lib/workspace.tsx'

/** Shows members their organization; admins edit its details. */
export function OrganizationSettingsPage() {
  const { session } = useRouteContext({ from: '/signed-in/o/$organization/$environment' })
  const { params, environments, mayWrite } = useWorkspace()
  const { Singular } = useOrganizationWord()
  const [{ data: organization }, { data: policy }] = useSuspenseQueries({
    queries: [organizationQuery(params.organization), securityPolicyQuery(params.organization)],
  })
  const member = session.organizations.find(({ slug }) => slug === params.organization)
  return (
    <Page title={Singular} about={organization.legalName}>
      <FactsPanel
        organization={organization}
        mayEdit={member?.role === 'admin' || session.operatorRole === 'operator'}
      />
      <SecondFactorPanel
        slug={params.organization}
        policy={policy}
        mayChange={member?.role === 'admin'}
        hasSecondFactor={session.hasSecondFactor}
      />
      {member !== undefined && (
        <CalendarFeedsPanel
          organization={params.organization}
          environments={environments}
          environment={params.environment}
          mayWrite={mayWrite}
        />
      )}
    </Page>
  )
}
