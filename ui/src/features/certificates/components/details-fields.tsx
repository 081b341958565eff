import { SimpleGrid, Stack, Textarea, TextInput } from '@mantine/core'
import { ListInput } from '../../../components/ui/list-input.tsx'
import type { ContractForm } from '../../../lib/use-contract-form.ts'
import type { CertificateDetails } from '../certificate-details.ts'

/** Shows the fields that describe a certificate. */
export function DetailsFields({ bind }: Pick<ContractForm<CertificateDetails>, 'bind'>) {
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
        {...bind('contacts')}
      />
    </Stack>
  )
}
