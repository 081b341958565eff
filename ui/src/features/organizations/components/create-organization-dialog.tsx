import { TextInput } from '@mantine/core'
import { NewOrganization, type OrganizationView } from '../../../../../src/contract/organization.ts'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { DialogForm } from '../../../components/ui/dialog-form.tsx'
import { useOrganizationWord } from '../../../lib/organization-word.ts'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { useCreateOrganization } from '../api/change-organization.ts'
import { FactsFields } from './facts-fields.tsx'

interface CreateOrganizationProps {
  onCreated: (organization: OrganizationView) => void
  onClose: () => void
}

/** Shows the dialog that creates an organization. */
export function CreateOrganizationDialog({
  opened,
  ...props
}: CreateOrganizationProps & { opened: boolean }) {
  const { singular } = useOrganizationWord()
  return (
    <Dialog opened={opened} onClose={props.onClose} title={`Create ${singular}`}>
      <CreateForm {...props} />
    </Dialog>
  )
}

function CreateForm({ onCreated, onClose }: CreateOrganizationProps) {
  const { singular } = useOrganizationWord()
  const create = useCreateOrganization()
  const { submit, ...form } = useContractForm({
    schema: NewOrganization,
    start: { slug: '', legalName: '', country: '', state: '' },
    toBody: (typed) => ({ ...typed, slug: typed.slug.trim() }),
    error: create.error,
  })
  return (
    <DialogForm
      action={`Create ${singular}`}
      busy="Creating…"
      keep="Cancel"
      failure={`The ${singular} was not created`}
      call={create}
      onSubmit={submit((body) => create.mutate(body, { onSuccess: onCreated }))}
      onClose={onClose}
    >
      <TextInput
        label="Slug"
        description="In addresses and in the names of certificates, such as acme-0001. It can never be changed."
        autoComplete="off"
        spellCheck={false}
        {...form.bind('slug')}
      />
      <FactsFields form={form} />
    </DialogForm>
  )
}
