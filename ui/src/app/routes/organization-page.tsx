import { Group } from '@mantine/core'
import { useSuspenseQueries } from '@tanstack/react-query'
import { useParams, useRouteContext } from '@tanstack/react-router'
import { TextLink } from '../../components/ui/links.tsx'
import { Page } from '../../components/ui/page.tsx'
import { environmentsQuery } from '../../features/environments/api/list-environments.ts'
import {
  organizationLimitsQuery,
  organizationQuery,
  organizationUseQuery,
  securityPolicyQuery,
} from '../../features/organizations/api/get-organization.ts'
import { FactsPanel } from '../../features/organizations/components/facts-panel.tsx'
import { LimitsPanel } from '../../features/organizations/components/limits-panel.tsx'
import { OrganizationStatusBadge } from '../../features/organizations/components/organization-status.tsx'
import { SecondFactorPanel } from '../../features/organizations/components/second-factor-panel.tsx'
import { StatusPanel } from '../../features/organizations/components/status-panel.tsx'
import { useOrganizationWord } from '../../lib/organization-word.ts'

/** Shows operators one organization: its details, its status, and what it has and may have. */
export function OrganizationPage() {
  const { organization: slug } = useParams({ from: '/signed-in/operate/organizations/$organization' })
  const { session } = useRouteContext({ from: '/signed-in/operate' })
  const { Plural } = useOrganizationWord()
  const [{ data: organization }, { data: use }, { data: limits }, { data: environments }, { data: policy }] =
    useSuspenseQueries({
      queries: [
        organizationQuery(slug),
        organizationUseQuery(slug),
        organizationLimitsQuery(slug),
        environmentsQuery(slug),
        securityPolicyQuery(slug),
      ],
    })
  // Members are the same in all of them.
  const [environment] = environments
  const mayChange = session.operatorRole === 'operator'
  return (
    <Page
      title={organization.legalName}
      beside={<OrganizationStatusBadge status={organization.status} />}
      above={<TextLink to="/operate/organizations">{Plural}</TextLink>}
      actions={
        <Group gap="md">
          {environment && (
            <TextLink
              to="/o/$organization/$environment/team"
              params={{ organization: slug, environment: environment.name }}
            >
              Team
            </TextLink>
          )}
          <TextLink to="/o/$organization" params={{ organization: slug }}>
            Certificates and activity
          </TextLink>
        </Group>
      }
    >
      <FactsPanel organization={organization} mayEdit={mayChange} />
      <StatusPanel organization={organization} mayChange={mayChange} />
      <SecondFactorPanel slug={slug} policy={policy} mayChange={false} hasSecondFactor={false} />
      <LimitsPanel slug={slug} use={use} limits={limits} mayChange={mayChange} />
    </Page>
  )
}
