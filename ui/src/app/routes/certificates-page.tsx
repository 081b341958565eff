import { Button } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Page } from '../../components/ui/page.tsx'
import { certificatesQuery } from '../../features/certificates/api/list-certificates.ts'
import { CertificatesList } from '../../features/certificates/components/certificates-list.tsx'
import { MigrationNotice } from '../../features/certificates/components/migration-notice.tsx'
import { WaitingRegistrations } from '../../features/certificates/components/waiting-registrations.tsx'
import { AllRotationsLink } from '../../features/rotations/components/all-rotations-link.tsx'
import { useWorkspace } from '../../lib/workspace.tsx'
import { useLiveWorkspace } from '../use-live-workspace.ts'

/** Shows all certificates of the organization in the environment. */
export function CertificatesPage() {
  const { params, mayWrite, environment } = useWorkspace()
  const filter = useSearch({ from: '/signed-in/o/$organization/$environment/certificates' })
  const navigate = useNavigate()
  useLiveWorkspace()
  const { data } = useInfiniteQuery(certificatesQuery(params, filter))
  const isUnfiltered = filter.text === undefined && filter.status === undefined && filter.owner === undefined
  const isEmpty = isUnfiltered && data?.pages[0]?.items.length === 0
  const register = mayWrite && environment.externalCertificates !== 'off' && (
    <Button
      variant="default"
      onClick={() => navigate({ to: '/o/$organization/$environment/certificates/register', params })}
    >
      Register a certificate
    </Button>
  )
  const create = mayWrite && (
    <Button onClick={() => navigate({ to: '/o/$organization/$environment/certificates/new', params })}>
      Create certificate
    </Button>
  )
  return (
    <Page
      title="mTLS certificates"
      description={`Client certificates of your services for the ${environment.label} gateway.`}
      // The first certificate is created from the empty state.
      actions={
        <>
          {register}
          {!isEmpty && create}
        </>
      }
    >
      <MigrationNotice />
      <WaitingRegistrations />
      {!isEmpty && <AllRotationsLink />}
      <CertificatesList
        filter={filter}
        onFilter={(search) =>
          navigate({
            to: '/o/$organization/$environment/certificates',
            params,
            search,
            replace: true,
          })
        }
        create={create}
      />
    </Page>
  )
}
