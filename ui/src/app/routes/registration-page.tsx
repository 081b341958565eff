import { Button, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import type { RegistrationView } from '../../../../src/contract/registration.ts'
import { ErrorNotice } from '../../components/ui/error-notice.tsx'
import { Notice } from '../../components/ui/notice.tsx'
import { Page } from '../../components/ui/page.tsx'
import { useCancelRegistration } from '../../features/certificates/api/cancel-registration.ts'
import { registrationQuery } from '../../features/certificates/api/get-registration.ts'
import { AllCertificatesLink } from '../../features/certificates/components/all-certificates-link.tsx'
import { ProofPanel } from '../../features/certificates/components/proof-panel.tsx'
import { RegistrationDetails } from '../../features/certificates/components/registration-details.tsx'
import { isDenial } from '../../lib/api-error.ts'
import { useWorkspace } from '../../lib/workspace.tsx'
import { NotFoundPage } from '../page-problems.tsx'

const address = '/signed-in/o/$organization/$environment/certificates/registrations/$registrationId' as const

/** Shows an externally issued certificate from its registration to its proof of possession. */
export function RegistrationPage() {
  const { registrationId } = useParams({ from: address })
  const { params, mayWrite } = useWorkspace()
  const query = useQuery(registrationQuery({ organization: params.organization, registrationId }))
  if (isDenial(query.error, 'not_found')) return <NotFoundPage />
  const registration = query.data
  return (
    <Page
      title="Register a certificate"
      width="narrow"
      above={<AllCertificatesLink />}
      actions={
        registration?.status === 'pending' && mayWrite && <CancelRegistration registration={registration} />
      }
    >
      {query.isError && <ErrorNotice error={query.error} onRetry={query.refetch} />}
      {query.isPending && <Skeleton height={420} radius="lg" />}
      {registration && <Outcome registration={registration} />}
      {registration?.status === 'pending' && mayWrite && <ProofPanel registration={registration} />}
      {registration && <RegistrationDetails registration={registration} />}
    </Page>
  )
}

function Outcome({ registration: { status, certificateId } }: { registration: RegistrationView }) {
  const { params, environment } = useWorkspace()
  const navigate = useNavigate()
  if (status === 'expired')
    return (
      <Notice tone="warn" title="The proof of possession did not arrive in time">
        <p>Register the certificate again and use the new challenge file.</p>
      </Notice>
    )
  if (certificateId === null) return null
  return (
    <Notice
      tone="good"
      announced
      title={environment.issuanceMode === 'approval' ? 'Key proven, waiting for approval' : 'Registered'}
      actions={
        <Button
          size="xs"
          onClick={() =>
            navigate({
              to: '/o/$organization/$environment/certificates/$certificateId',
              params: { ...params, certificateId },
            })
          }
        >
          Go to the certificate
        </Button>
      }
    >
      <p>You have proven possession of the private key. The certificate now works like any other.</p>
    </Notice>
  )
}

function CancelRegistration({ registration: { id } }: { registration: RegistrationView }) {
  const { params } = useWorkspace()
  const navigate = useNavigate()
  const cancel = useCancelRegistration({ organization: params.organization, registrationId: id })
  return (
    <Button
      variant="default"
      disabled={cancel.isPending}
      onClick={() =>
        cancel.mutate(undefined, {
          onSettled: () => navigate({ to: '/o/$organization/$environment/certificates', params }),
        })
      }
    >
      Cancel registration
    </Button>
  )
}
