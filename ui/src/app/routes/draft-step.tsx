import { Button } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { CertificateView } from '../../../../src/contract/certificate.ts'
import { TextLink } from '../../components/ui/links.tsx'
import { useCertificateEdit } from '../../features/certificates/api/use-certificate-edit.ts'
import { toDetails } from '../../features/certificates/certificate-details.ts'
import { type CreateStep, createSteps } from '../../features/certificates/components/create-steps.tsx'
import { DescribeStep } from '../../features/certificates/components/describe-step.tsx'
import { KeyStep } from '../../features/certificates/components/key-step.tsx'
import { OrganizationStep } from '../../features/certificates/components/organization-step.tsx'
import { ResultStep } from '../../features/certificates/components/result-step.tsx'
import { SubmitStep } from '../../features/certificates/components/submit-step.tsx'
import { useBrowserKey } from '../../features/certificates/use-browser-key.ts'
import { useWorkspace } from '../../lib/workspace.tsx'

/** Shows one step of the creation of a certificate that has a name. */
export function DraftStep({ certificate, step }: { certificate: CertificateView; step: CreateStep }) {
  const { params } = useWorkspace()
  const navigate = useNavigate()
  const ids = { ...params, certificateId: certificate.id }
  const browserKey = useBrowserKey(certificate)
  const goTo = (next: CreateStep) =>
    navigate({
      to: '/o/$organization/$environment/certificates/$certificateId/create/$step',
      params: { ...ids, step: next },
    })
  const position = createSteps.findIndex(({ id }) => id === step)
  const goOn = () => goTo(createSteps[position + 1]?.id ?? 'result')
  const back = (
    <Button variant="subtle" onClick={() => goTo(createSteps[position - 1]?.id ?? 'describe')}>
      Back
    </Button>
  )
  switch (step) {
    case 'describe':
      return <DescribeDraft certificate={certificate} onSaved={goOn} />
    case 'organization':
      return <OrganizationOfDraft certificate={certificate} back={back} onSaved={goOn} />
    case 'key':
      return <KeyStep certificate={certificate} browserKey={browserKey} back={back} onDone={goOn} />
    case 'submit':
      return <SubmitStep certificate={certificate} back={back} onDone={goOn} />
    case 'result':
      return (
        <ResultStep
          certificate={certificate}
          browserKey={browserKey.key}
          onConfigure={() =>
            navigate({
              to: '/o/$organization/$environment/certificates/$certificateId/configure/$step',
              params: { ...ids, step: 'curl' },
            })
          }
          details={
            <TextLink to="/o/$organization/$environment/certificates/$certificateId" params={ids}>
              See all its details
            </TextLink>
          }
        />
      )
  }
}

function DescribeDraft({ certificate, onSaved }: { certificate: CertificateView; onSaved: () => void }) {
  const edit = useCertificateEdit(certificate, toDetails)
  return (
    <DescribeStep
      initial={certificate}
      form={edit.form}
      busy={edit.isPending}
      error={edit.error}
      edit={edit}
      onDone={(values, change) => edit.save({ values, body: values, change }, onSaved)}
    />
  )
}

function OrganizationOfDraft({
  certificate,
  back,
  onSaved,
}: {
  certificate: CertificateView
  back: ReactNode
  onSaved: () => void
}) {
  const edit = useCertificateEdit(certificate, ({ subject }) => subject)
  return (
    <OrganizationStep
      initial={certificate.subject}
      edit={edit}
      back={back}
      onDone={(subject, change) => edit.save({ values: subject, body: { subject }, change }, onSaved)}
    />
  )
}
