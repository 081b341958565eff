import { Select, SimpleGrid, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'

import { PosternError } from '../../../../../src/errors.ts'
import { countries } from '../../../../../src/pki/name/countries.ts'
import { checkSubject, type Subject as NamedSubject } from '../../../../../src/pki/name/subject.ts'
import { Notice } from '../../../components/ui/notice.tsx'
import { usePlace } from '../../../lib/place.tsx'
import { StepForm } from './step-form.tsx'

type Subject = Omit<NamedSubject, 'commonName'>

interface OrganizationStepProps {
  initial: Subject
  busy?: boolean
  error?: unknown
  back?: ReactNode
  onDone: (subject: Subject) => void
}

const choices = countries.map(({ code, name }) => ({ value: code, label: `${name} (${code})` }))

/** The second step: whose name the signing request asks for. */
export function OrganizationStep({ initial, busy, error, back, onDone }: OrganizationStepProps) {
  const { organization } = usePlace()
  const [subject, setSubject] = useState(initial)
  const [problem, setProblem] = useState<string>()
  const change = (part: Partial<Subject>) => {
    setSubject({ ...subject, ...part })
    setProblem(undefined)
  }
  const finish = () => {
    const found = findProblem(subject, organization.slug)
    setProblem(found)
    if (found === undefined) onDone(subject)
  }
  return (
    <StepForm
      title="Whose certificate is it?"
      description="These go into the command of the next step. They are filled in from your organization; where several countries would do, take the one of your headquarters."
      busy={busy}
      error={error}
      back={back}
      onSubmit={finish}
    >
      <SubjectFields subject={subject} onChange={change} />
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

interface SubjectFieldsProps {
  subject: Subject
  onChange: (part: Partial<Subject>) => void
}

function SubjectFields({ subject, onChange }: SubjectFieldsProps) {
  return (
    <>
      <TextInput
        label="Organization name"
        description="The legal name of the company, as it is registered."
        value={subject.organizationName}
        onChange={(event) => onChange({ organizationName: event.currentTarget.value })}
      />
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
        <Select
          label="Country"
          searchable
          data={choices}
          value={subject.country}
          onChange={(country) => onChange({ country: country ?? '' })}
          allowDeselect={false}
          nothingFoundMessage="No country is called that"
          placeholder="Choose a country"
        />
        <TextInput
          label="State or province"
          placeholder="May be left empty"
          value={subject.state}
          onChange={(event) => onChange({ state: event.currentTarget.value })}
        />
      </SimpleGrid>
    </>
  )
}

/** The name of the certificate is not known before it is begun, so a name of the same form stands for it. */
function findProblem(subject: Subject, slug: string): string | undefined {
  try {
    checkSubject({ ...subject, commonName: `${slug}-0001` })
    return undefined
  } catch (error) {
    if (error instanceof PosternError) return error.message
    throw error
  }
}
