import { Button } from '@mantine/core'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { fitOrganizationName } from '../../../../src/pki/name/subject.ts'
import { Page } from '../../components/ui/page.tsx'
import { Panel } from '../../components/ui/panel.tsx'
import { useCreateCertificate } from '../../features/certificates/api/create-certificate.ts'
import { noDetails } from '../../features/certificates/certificate-details.ts'
import { AllCertificatesLink } from '../../features/certificates/components/all-certificates-link.tsx'
import { CreateSteps } from '../../features/certificates/components/create-steps.tsx'
import { DescribeStep } from '../../features/certificates/components/describe-step.tsx'
import { OrganizationStep } from '../../features/certificates/components/organization-step.tsx'
import { useWorkspace } from '../../lib/workspace.tsx'

type FirstStep = 'describe' | 'organization'

/** Shows the first two steps of the creation, before the certificate has a name. */
export function NewCertificatePage() {
  const { mayWrite } = useWorkspace()
  const { step = 'describe' } = useSearch({
    from: '/signed-in/o/$organization/$environment/certificates/new',
  })
  return (
    <Page title="Create certificate" width="narrow" above={<AllCertificatesLink />}>
      <CreateSteps current={step} />
      <Panel>
        {mayWrite ? (
          <FirstSteps step={step} />
        ) : (
          <p>Your role can view certificates, but not create them. Ask a developer or an admin.</p>
        )}
      </Panel>
    </Page>
  )
}

function FirstSteps({ step }: { step: FirstStep }) {
  const { params, organization } = useWorkspace()
  const navigate = useNavigate()
  const create = useCreateCertificate(params)
  const [details, setDetails] = useState(noDetails)
  const goTo = (next: FirstStep) =>
    navigate({ to: '/o/$organization/$environment/certificates/new', params, search: { step: next } })
  const goToKey = (certificateId: string) =>
    navigate({
      to: '/o/$organization/$environment/certificates/$certificateId/create/$step',
      params: { ...params, certificateId, step: 'key' },
    })
  if (step === 'describe') {
    const keep = (next: typeof details) => {
      setDetails(next)
      void goTo('organization')
    }
    return <DescribeStep initial={details} onDone={keep} />
  }
  const { legalName, country, state } = organization
  return (
    <OrganizationStep
      initial={{ organizationName: fitOrganizationName(legalName), country, state }}
      busy={create.isPending}
      error={create.error}
      back={
        <Button variant="subtle" onClick={() => goTo('describe')}>
          Back
        </Button>
      }
      onDone={(subject) => create.mutate({ ...details, subject }, { onSuccess: ({ id }) => goToKey(id) })}
    />
  )
}
