import { SimpleGrid, Stack, Textarea, TextInput } from '@mantine/core'
import { ListInput } from '../../../components/ui/list-input.tsx'
import type { CertificateDetails } from '../certificate-details.ts'

interface DetailsFieldsProps {
  value: CertificateDetails
  problems: Partial<Record<keyof CertificateDetails, string>>
  onChange: (value: CertificateDetails) => void
}

/** The fields that describe a certificate. */
export function DetailsFields({ value, problems, onChange }: DetailsFieldsProps) {
  const bind = (name: Exclude<keyof CertificateDetails, 'contacts'>) => ({
    value: value[name],
    error: problems[name],
    onChange: (event: { currentTarget: { value: string } }) =>
      onChange({ ...value, [name]: event.currentTarget.value }),
  })
  return (
    <Stack gap="md">
      <Textarea
        label="Description"
        placeholder="Payouts from the settlement service"
        autosize
        minRows={2}
        {...bind('description')}
      />
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
        <TextInput label="Owner" placeholder="Team or person" {...bind('owner')} />
        <TextInput label="Related service" placeholder="settlement-worker" {...bind('relatedService')} />
      </SimpleGrid>
      <TextInput
        label="Rotation policy"
        placeholder="Every 12 months, in January"
        {...bind('rotationPolicy')}
      />
      <ListInput
        label="Contacts"
        description="Who is written to when it is issued, rejected or revoked; several with commas between. A team mailbox outlives the people in it."
        placeholder="platform@example.com, security@example.com"
        value={value.contacts}
        error={problems.contacts}
        onChange={(contacts) => onChange({ ...value, contacts })}
      />
    </Stack>
  )
}
