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
        <TextInput label="Owner" placeholder="Team or user" {...bind('owner')} />
        <TextInput label="Related service" placeholder="settlement-worker" {...bind('relatedService')} />
      </SimpleGrid>
      <TextInput
        label="Rotation policy"
        placeholder="Every 12 months, in January"
        {...bind('rotationPolicy')}
      />
      <ListInput
        label="Contacts"
        description="They get an email when the certificate is issued, rejected or revoked, and when its CA retires. Separate several addresses with commas. A team mailbox remains when people leave."
        placeholder="platform@example.com, security@example.com"
        {...bind('contacts')}
      />
    </Stack>
  )
}
