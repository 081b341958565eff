import { Button } from '@mantine/core'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { TextLink } from '../../components/ui/links.tsx'
import { Page } from '../../components/ui/page.tsx'
import { Panel } from '../../components/ui/panel.tsx'
import { useCreateCertificate } from '../../features/certificates/api/create-certificate.ts'
import { noDetails } from '../../features/certificates/certificate-details.ts'
import { CreateSteps } from '../../features/certificates/components/create-steps.tsx'
import { DescribeStep } from '../../features/certificates/components/describe-step.tsx'
import { OrganizationStep } from '../../features/certificates/components/organization-step.tsx'
import { usePlace } from '../../lib/place.tsx'

const here = '/o/$organization/$environment/certificates/new' as const

/** The first two steps of the creation, before the certificate has a name. */
export function NewCertificatePage() {
  const { params, organization, mayWrite } = usePlace()
  const { step = 'describe' } = useSearch({
    from: '/signed-in/o/$organization/$environment/certificates/new',
  })
  const navigate = useNavigate()
  const create = useCreateCertificate(params)
  const [details, setDetails] = useState(noDetails)
  const begin = (subject: { organizationName: string; country: string; state: string }) =>
    create.mutate(
      { ...details, subject },
      {
        onSuccess: ({ id }) =>
          navigate({
            to: '/o/$organization/$environment/certificates/$certificateId/create/$step',
            params: { ...params, certificateId: id, step: 'key' },
          }),
      },
    )
  const goTo = (search: { step: 'describe' | 'organization' }) => navigate({ to: here, params, search })
  return (
    <Page
      title="Create certificate"
      width="narrow"
      above={
        <TextLink to="/o/$organization/$environment/certificates" params={params}>
          All certificates
        </TextLink>
      }
    >
      <CreateSteps current={step} />
      <Panel>
        {!mayWrite && (
          <p>You may look at certificates here, but not create them. Ask a developer or an admin.</p>
        )}
        {mayWrite && step === 'describe' && (
          <DescribeStep
            initial={details}
            onDone={(next) => {
              setDetails(next)
              void goTo({ step: 'organization' })
            }}
          />
        )}
        {mayWrite && step === 'organization' && (
          <OrganizationStep
            initial={{
              organizationName: organization.legalName,
              country: organization.country,
              state: organization.state,
            }}
            busy={create.isPending}
            error={create.error}
            back={
              <Button variant="subtle" onClick={() => goTo({ step: 'describe' })}>
                Back
              </Button>
            }
            onDone={begin}
          />
        )}
      </Panel>
    </Page>
  )
}
