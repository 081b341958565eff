import { Select, TextInput } from '@mantine/core'
import { countryChoices } from '../../../lib/country-choices.ts'
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
        description="Certificates hold its first 64 characters, in whole words."
        autoComplete="off"
        {...form.bind('legalName')}
      />
      <Select
        label="Country"
        searchable
        data={countryChoices}
        allowDeselect={false}
        nothingFoundMessage="No country is called that"
        placeholder="Choose a country"
        {...form.bind('country')}
      />
      <TextInput label="State or province (optional)" autoComplete="off" {...form.bind('state')} />
    </>
  )
}
