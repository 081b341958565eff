import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Navigate, useParams } from '@tanstack/react-router'
import type { CertificateStatus } from '../../../../src/contract/certificate.ts'
import { ErrorNotice } from '../../components/ui/error-notice.tsx'
import { Page } from '../../components/ui/page.tsx'
import { Panel } from '../../components/ui/panel.tsx'
import { certificateQuery } from '../../features/certificates/api/get-certificate.ts'
import { AllCertificatesLink } from '../../features/certificates/components/all-certificates-link.tsx'
import {
  type CreateStep,
  CreateSteps,
  createSteps,
} from '../../features/certificates/components/create-steps.tsx'
import { DiscardButton } from '../../features/certificates/components/discard-button.tsx'
import { useWorkspace } from '../../lib/workspace.tsx'
import { DraftStep } from './draft-step.tsx'

const pollMs = 1500

/** Shows the later steps of the creation for a certificate that has a name. Each has its URL. */
export function CreateCertificatePage() {
  const { certificateId, step } = useParams({
    from: '/signed-in/o/$organization/$environment/certificates/$certificateId/create/$step',
  })
  const { params, mayWrite } = useWorkspace()
  const { data: certificate, ...query } = useQuery({
    ...certificateQuery({ organization: params.organization, certificateId }),
    refetchInterval: ({ state }) => (state.data?.status === 'pending' ? pollMs : false),
  })
  if (certificate?.status === 'cancelled')
    return <Navigate to="/o/$organization/$environment/certificates" params={params} replace />
  const to = '/o/$organization/$environment/certificates/$certificateId/create/$step'
  const right = certificate && rightStep(step, certificate.status)
  if (certificate && !mayWrite)
    return (
      <Navigate
        to="/o/$organization/$environment/certificates/$certificateId"
        params={{ ...params, certificateId }}
        replace
      />
    )
  return (
    <Page
      title={certificate ? `Create ${certificate.name}` : 'Create certificate'}
      width="narrow"
      above={<AllCertificatesLink />}
      actions={certificate?.status === 'draft' && <DiscardButton certificate={certificate} />}
    >
      {/* The page stays while it moves on: a key that it has made would be gone with it. */}
      {right !== undefined && right !== step && (
        <Navigate to={to} params={{ ...params, certificateId, step: right }} replace />
      )}
      <CreateSteps
        current={right ?? 'key'}
        draftId={certificate?.status === 'draft' ? certificateId : undefined}
        finished={certificate?.status === 'issued'}
      />
      {query.isError && <ErrorNotice error={query.error} onRetry={query.refetch} />}
      <Panel>
        {certificate && right ? (
          <DraftStep key={certificate.id} certificate={certificate} step={right} />
        ) : (
          <Skeleton height={320} />
        )}
      </Panel>
    </Page>
  )
}

/**
 * Returns the step that matches the status: a draft has every step but the result; any other status only the
 * result.
 */
function rightStep(step: string, status: CertificateStatus): CreateStep {
  if (status !== 'draft') return 'result'
  const known = createSteps.find(({ id }) => id === step)?.id ?? 'key'
  return known === 'result' ? 'submit' : known
}
