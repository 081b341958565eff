import { type ReactNode, useState } from 'react'
import { type CertificateDetails, findDetailProblems, toDetails } from '../certificate-details.ts'
import { DetailsFields } from './details-fields.tsx'
import { StepForm } from './step-form.tsx'

interface DescribeStepProps {
  initial: CertificateDetails
  busy?: boolean
  error?: unknown
  back?: ReactNode
  onDone: (details: CertificateDetails) => void
}

/** The first step: what the certificate is for. All of it is optional. */
export function DescribeStep({ initial, busy, error, back, onDone }: DescribeStepProps) {
  const [details, setDetails] = useState(() => toDetails(initial))
  const [problems, setProblems] = useState<ReturnType<typeof findDetailProblems>>({})
  const finish = () => {
    const found = findDetailProblems(details)
    setProblems(found)
    if (Object.keys(found).length === 0) onDone(details)
  }
  return (
    <StepForm
      title="What is it for?"
      description="All of this is optional and can be changed at any time. It helps whoever finds this certificate a year from now."
      busy={busy}
      error={error}
      back={back}
      onSubmit={finish}
    >
      <DetailsFields value={details} problems={problems} onChange={setDetails} />
    </StepForm>
  )
}
