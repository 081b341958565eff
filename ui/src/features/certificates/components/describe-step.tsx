import type { ReactNode } from 'react'
import { CertificateChange } from '../../../../../src/contract/certificate.ts'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { type CertificateDetails, toDetails } from '../certificate-details.ts'
import { DetailsFields } from './details-fields.tsx'
import { StepForm } from './step-form.tsx'

interface DescribeStepProps {
  initial: CertificateDetails
  busy?: boolean
  error?: unknown
  back?: ReactNode
  onDone: (details: CertificateDetails) => void
}

/** Shows the first step: what the certificate is for. All of it is optional. */
export function DescribeStep({ initial, busy, error, back, onDone }: DescribeStepProps) {
  const { bind, submit, values } = useContractForm({
    schema: CertificateChange,
    start: toDetails(initial),
    toBody: (details) => details,
    error,
  })
  return (
    <StepForm
      title="What is it for?"
      description="All of this is optional and can be changed at any time. It helps whoever finds this certificate a year from now."
      busy={busy}
      error={error}
      back={back}
      onSubmit={submit(() => onDone(values))}
    >
      <DetailsFields bind={bind} />
    </StepForm>
  )
}
