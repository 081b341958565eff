import { Select, SimpleGrid, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { SubjectInput } from '../../../../../src/contract/certificate.ts'
import { PosternError } from '../../../../../src/errors.ts'
import { checkSubject, type Subject as NamedSubject } from '../../../../../src/pki/name/subject.ts'
import { ChangedFields } from '../../../components/ui/changed-fields.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { countryChoices } from '../../../lib/country-choices.ts'
import { type ContractForm, useContractForm } from '../../../lib/use-contract-form.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import type { CertificateEdit } from '../api/use-certificate-edit.ts'
import { StepForm } from './step-form.tsx'

type Subject = Omit<NamedSubject, 'commonName'>

interface OrganizationStepProps {
  initial: Subject
  edit: CertificateEdit
  back?: ReactNode
  onDone: (subject: Subject, change: (fields: Partial<Subject>) => void) => void
}

const subjectFields = ['organizationName', 'country', 'state'] as const
const subjectLabels = {
  organizationName: 'Organization name',
  country: 'Country',
  state: 'State or province',
}
/** Where the API names the subject, it is one part of the certificate. */
const fields = {
  'subject.organizationName': 'organizationName',
  'subject.country': 'country',
  'subject.state': 'state',
}

/** Shows the second step: the organization in the CSR. */
export function OrganizationStep({ initial, edit, back, onDone }: OrganizationStepProps) {
  const { organization } = useWorkspace()
  const { bind, values, change, submit } = useContractForm({
    schema: SubjectInput,
    start: initial,
    toBody: (subject) => subject,
    fields,
    error: edit.error,
    keep: { form: edit.form, fields: subjectFields },
  })
  const [refused, setRefused] = useState<{ subject: Subject; problem: string | undefined }>()
  const finish = () => {
    const found = findProblem(values, organization.slug)
    setRefused({ subject: values, problem: found })
    if (found === undefined) onDone(values, change)
  }
  // What was changed since may be right.
  const problem = refused?.subject === values ? refused.problem : undefined
  return (
    <StepForm
      title="Whose certificate is it?"
      description="These go into the command of the next step. They are filled in from your organization; where several countries would do, take the one of your headquarters."
      busy={edit.isPending}
      ready={!edit.isUndecided}
      error={edit.error}
      back={back}
      onSubmit={submit(finish)}
    >
      <SubjectFields bind={bind} />
      <ChangedFields edit={edit} labels={subjectLabels} onTake={change} />
      {problem && (
        <Notice tone="bad" announced title="This cannot stand in a certificate">
          <p>{problem}</p>
        </Notice>
      )}
      <Notice tone="info" title="Not binding">
        <p>
          What the certificate carries in the end is decided by Postern from the details of your organization.
          A typing mistake here spoils nothing.
        </p>
      </Notice>
    </StepForm>
  )
}

function SubjectFields({ bind }: Pick<ContractForm<Subject>, 'bind'>) {
  return (
    <>
      <TextInput
        label="Organization name"
        description="The legal name of the company, as it is registered."
        {...bind('organizationName')}
      />
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
        <Select
          label="Country"
          searchable
          data={countryChoices}
          allowDeselect={false}
          nothingFoundMessage="No country is called that"
          placeholder="Choose a country"
          {...bind('country')}
        />
        <TextInput label="State or province" placeholder="May be left empty" {...bind('state')} />
      </SimpleGrid>
    </>
  )
}

/**
 * Finds errors with an example name in the same format, because the name of the certificate is unknown before
 * it is created.
 */
function findProblem(subject: Subject, slug: string): string | undefined {
  try {
    checkSubject({ ...subject, commonName: `${slug}-0001` })
    return undefined
  } catch (error) {
    if (error instanceof PosternError) return error.message
    throw error
  }
}
