import { Button } from '@mantine/core'
import { useState } from 'react'
import { OrganizationChange, type OrganizationView } from '../../../../../src/contract/organization.ts'
import { DescriptionItem, DescriptionList } from '../../../components/ui/description-list.tsx'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { DialogForm } from '../../../components/ui/dialog-form.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { useOrganizationWord } from '../../../lib/organization-word.ts'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { useUpdateOrganization } from '../api/change-organization.ts'
import { FactsFields } from './facts-fields.tsx'

/** Shows the facts of an organization; who may, edits them. */
export function FactsPanel({ organization, mayEdit }: { organization: OrganizationView; mayEdit: boolean }) {
  const [isEditing, setEditing] = useState(false)
  const { singular } = useOrganizationWord()
  const close = () => setEditing(false)
  const edit = (
    <Button variant="default" size="xs" onClick={() => setEditing(true)}>
      Edit
    </Button>
  )
  return (
    <Panel title="Details" actions={mayEdit && edit}>
      <DescriptionList columns={2}>
        <DescriptionItem label="Legal name">{organization.legalName}</DescriptionItem>
        <DescriptionItem label="Slug">
          <code>{organization.slug}</code>
        </DescriptionItem>
        <DescriptionItem label="Country">{organization.country}</DescriptionItem>
        <DescriptionItem label="State or province">{organization.state || '–'}</DescriptionItem>
        <DescriptionItem label="Created">
          <Moment at={organization.createdAt} />
        </DescriptionItem>
      </DescriptionList>
      <Dialog opened={isEditing} onClose={close} title={`Edit ${singular}`}>
        <EditForm organization={organization} onClose={close} />
      </Dialog>
    </Panel>
  )
}

function EditForm({ organization, onClose }: { organization: OrganizationView; onClose: () => void }) {
  const [edited] = useState(organization)
  const update = useUpdateOrganization(organization.slug, edited)
  const { legalName, country, state } = edited
  const { submit, ...form } = useContractForm({
    schema: OrganizationChange,
    start: { legalName, country, state },
    toBody: (typed) => typed,
    error: update.error,
  })
  return (
    <DialogForm
      action="Save changes"
      busy="Saving…"
      keep="Cancel"
      failure="The changes were not saved"
      call={update}
      onSubmit={submit((body) => update.mutate(body, { onSuccess: onClose }))}
      onClose={onClose}
    >
      <p>New certificates get these details. Issued certificates keep theirs.</p>
      <FactsFields form={form} />
    </DialogForm>
  )
}
