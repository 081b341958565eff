import { useNavigate } from '@tanstack/react-router'
import { operations } from '../../../../src/contract/operations.ts'
import { Page } from '../../components/ui/page.tsx'
import { Panel } from '../../components/ui/panel.tsx'
import { useCreateCertificate } from '../../features/certificates/api/create-certificate.ts'
import { noDetails } from '../../features/certificates/certificate-details.ts'
import { AllCertificatesLink } from '../../features/certificates/components/all-certificates-link.tsx'
import { CreateSteps } from '../../features/certificates/components/create-steps.tsx'
import { DescribeStep } from '../../features/certificates/components/describe-step.tsx'
import { nameForm } from '../../lib/kept-input.ts'
import { useWorkspace } from '../../lib/workspace.tsx'

/** Shows the first step of the creation, whose end saves the draft. */
export function NewCertificatePage() {
  const { mayWrite } = useWorkspace()
  return (
    <Page title="Create certificate" width="narrow" above={<AllCertificatesLink />}>
      <CreateSteps current="describe" />
      <Panel>
        {mayWrite ? (
          <FirstStep />
        ) : (
          <p>Your role can view certificates, but not create them. Ask a developer or an admin.</p>
        )}
      </Panel>
    </Page>
  )
}

function FirstStep() {
  const { params } = useWorkspace()
  const navigate = useNavigate()
  const create = useCreateCertificate(params)
  const to = '/o/$organization/$environment/certificates/$certificateId/create/$step'
  const goOn = async (certificateId: string) => {
    const ids = { ...params, certificateId }
    // Back in the browser leads to the first step of this draft, not to the form that creates another one.
    await navigate({ to, params: { ...ids, step: 'describe' }, replace: true })
    await navigate({ to, params: { ...ids, step: 'organization' } })
  }
  return (
    <DescribeStep
      initial={noDetails}
      form={nameForm(operations.createCertificate, params)}
      busy={create.isPending}
      error={create.error}
      onDone={(details) => create.mutate(details, { onSuccess: ({ id }) => goOn(id) })}
    />
  )
}
