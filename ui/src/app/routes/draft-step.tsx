import { Button } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import type { CertificateView } from '../../../../src/contract/certificate.ts'
import { TextLink } from '../../components/ui/links.tsx'
import { useUpdateCertificate } from '../../features/certificates/api/update-certificate.ts'
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
  const update = useUpdateCertificate({ organization: params.organization, certificateId: certificate.id })
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
  const saving = { busy: update.isPending, error: update.error }
  const save = (change: Parameters<typeof update.mutate>[0]) => update.mutate(change, { onSuccess: goOn })
  switch (step) {
    case 'describe':
      return <DescribeStep key={step} initial={certificate} {...saving} onDone={save} />
    case 'organization':
      return (
        <OrganizationStep
          initial={certificate.subject}
          {...saving}
          back={back}
          onDone={(subject) => save({ subject })}
        />
      )
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
