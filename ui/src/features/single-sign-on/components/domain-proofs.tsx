import { Button, Group, Stack } from '@mantine/core'
import type { SingleSignOnDomain } from '../../../../../src/contract/single-sign-on.ts'
import { CopyValue } from '../../../components/ui/copy-value.tsx'
import { DescriptionItem, DescriptionList } from '../../../components/ui/description-list.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { ToneBadge } from '../../../components/ui/tone-badge.tsx'
import { useCheckDomain } from '../api/single-sign-on.ts'

interface DomainProofsProps {
  organization: string
  domains: SingleSignOnDomain[]
}

/** Shows for each domain whether it is proven, and the TXT record that proves it. */
export function DomainProofs({ organization, domains }: DomainProofsProps) {
  return (
    <Panel title="Domains" description="Users of a domain sign in through the provider once it is proven.">
      <Stack gap="xl">
        {domains.map((domain) => (
          <DomainProof key={domain.domain} organization={organization} {...domain} />
        ))}
      </Stack>
    </Panel>
  )
}

function DomainProof(props: { organization: string } & SingleSignOnDomain) {
  const { organization, domain, recordName, recordValue, provenAt } = props
  const check = useCheckDomain(organization)
  return (
    <Stack gap="sm">
      <Group gap="sm">
        <strong>{domain}</strong>
        <ToneBadge tone={provenAt === null ? 'neutral' : 'good'}>
          {provenAt === null ? 'Not proven' : 'Proven'}
        </ToneBadge>
      </Group>
      {provenAt === null && (
        <>
          <DescriptionList>
            <DescriptionItem label="TXT record">
              <CopyValue value={recordName} what="the name of the TXT record" />
            </DescriptionItem>
            <DescriptionItem label="Value">
              <CopyValue value={recordValue} what="the value of the TXT record" />
            </DescriptionItem>
          </DescriptionList>
          {check.error !== null && <ErrorNotice error={check.error} title="The domain is not proven" />}
          <Group>
            <Button variant="default" disabled={check.isPending} onClick={() => check.mutate(domain)}>
              {check.isPending ? 'Checking…' : `Check ${domain}`}
            </Button>
          </Group>
        </>
      )}
    </Stack>
  )
}
