import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Page } from '../../components/ui/page.tsx'
import { ActivityList } from '../../features/activity/components/activity-list.tsx'
import { OrganizationDenialCauses } from '../../features/activity/components/organization-denial-causes.tsx'
import { OrganizationUsage } from '../../features/activity/components/organization-usage.tsx'
import { certificatesQuery } from '../../features/certificates/api/list-certificates.ts'
import { useWorkspace } from '../../lib/workspace.tsx'

/** Shows every request and denial of the organization in the environment. */
export function ActivityPage() {
  const { params, environment } = useWorkspace()
  const search = useSearch({ from: '/signed-in/o/$organization/$environment/activity' })
  const navigate = useNavigate()
  const certificateId = useCertificateId(search.certificate)
  return (
    <Page
      title="Activity"
      description={`Connections, token requests and calls of your services at the ${environment.label} gateway.`}
    >
      <OrganizationUsage />
      <OrganizationDenialCauses />
      <ActivityList
        search={search}
        certificateId={certificateId}
        onSearch={(next) =>
          navigate({ to: '/o/$organization/$environment/activity', params, search: next, replace: true })
        }
      />
    </Page>
  )
}

/** Returns the ID of the certificate with this name; null if there is none, undefined until it is known. */
function useCertificateId(name: string | undefined): string | null | undefined {
  const { params } = useWorkspace()
  const { data } = useInfiniteQuery({
    ...certificatesQuery(params, { name: name ?? '', limit: 1 }),
    enabled: name !== undefined,
  })
  if (name === undefined) return undefined
  return data === undefined ? undefined : (data.pages[0]?.items[0]?.id ?? null)
}
