import type { ReactNode } from 'react'
import { CertificateChange } from '../../../../../src/contract/certificate.ts'
import { ChangedFields } from '../../../components/ui/changed-fields.tsx'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import type { Edit } from '../../../lib/use-edit.ts'
import { type CertificateDetails, detailsFields, detailsLabels, toDetails } from '../certificate-details.ts'
import { DetailsFields } from './details-fields.tsx'
import { StepForm } from './step-form.tsx'

interface DescribeStepProps {
  initial: CertificateDetails
  /** The name under which the input is kept. */
  form: string
  busy?: boolean
  error?: unknown
  /** The changes of others to a draft that exists. */
  edit?: Edit
  back?: ReactNode
  onDone: (details: CertificateDetails, change: (fields: Partial<CertificateDetails>) => void) => void
}

/** Shows the first step: what the certificate is for. All of it is optional. */
export function DescribeStep({ initial, form, busy, error, edit, back, onDone }: DescribeStepProps) {
  const { bind, submit, values, change } = useContractForm({
    schema: CertificateChange,
    start: toDetails(initial),
    toBody: (details) => details,
    error,
    keep: { form, fields: detailsFields },
  })
  return (
    <StepForm
      title="What is it for?"
      description="All of this is optional and can be changed at any time. It helps whoever finds this certificate a year from now."
      busy={busy}
      ready={edit?.isUndecided !== true}
      error={error}
      back={back}
      onSubmit={submit(() => onDone(values, change))}
    >
      <DetailsFields bind={bind} />
      {edit && <ChangedFields edit={edit} labels={detailsLabels} onTake={change} />}
    </StepForm>
  )
}
