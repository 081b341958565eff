import { TextInput } from '@mantine/core'
import type { ContractForm } from '../../../lib/use-contract-form.ts'

interface Facts {
  legalName: string
  country: string
  state: string
}

/** The fields for the facts of an organization. */
export function FactsFields<Values extends Facts>({ form }: { form: ContractForm<Values> }) {
  return (
    <>
      <TextInput
        label="Legal name"
        description="In the subject of its certificates."
        autoComplete="off"
        {...form.bind('legalName')}
      />
      <TextInput
        label="Country"
        description="Two letters, such as GB."
        autoComplete="off"
        maxLength={2}
        {...form.bind('country')}
      />
      <TextInput label="State or province (optional)" autoComplete="off" {...form.bind('state')} />
    </>
  )
}
