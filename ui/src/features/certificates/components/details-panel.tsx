import { Button, Group, Stack } from '@mantine/core'
import { useState } from 'react'
import { CertificateChange, type CertificateView } from '../../../../../src/contract/certificate.ts'
import { ChangedFields } from '../../../components/ui/changed-fields.tsx'
import { DescriptionItem, DescriptionList } from '../../../components/ui/description-list.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { ActorName } from '../../../lib/actor-name.tsx'
import { dropForm } from '../../../lib/kept-input.ts'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { useCertificateEdit } from '../api/use-certificate-edit.ts'
import { detailsFields, detailsLabels, toDetails } from '../certificate-details.ts'
import { DetailsFields } from './details-fields.tsx'

/** Shows what users entered about a certificate, editable in place. */
export function DetailsPanel({ certificate }: { certificate: CertificateView }) {
  const { mayWrite } = useWorkspace()
  const [editing, setEditing] = useState(false)
  if (editing) return <DetailsEditor certificate={certificate} onDone={() => setEditing(false)} />
  const { description, owner, relatedService, rotationPolicy, contacts } = certificate
  return (
    <Panel
      title="Details"
      actions={
        mayWrite && (
          <Button size="compact-sm" variant="default" onClick={() => setEditing(true)}>
            Edit details
          </Button>
        )
      }
    >
      <DescriptionList>
        <DescriptionItem label="Description">{description || '–'}</DescriptionItem>
        <DescriptionItem label="Owner">{owner || '–'}</DescriptionItem>
        <DescriptionItem label="Related service">{relatedService || '–'}</DescriptionItem>
        <DescriptionItem label="Rotation policy">{rotationPolicy || '–'}</DescriptionItem>
        <DescriptionItem label="Contacts">
          {contacts.length === 0 ? 'None' : contacts.join(', ')}
        </DescriptionItem>
        <DescriptionItem label="Created by">
          <ActorName actor={certificate.createdBy} />
        </DescriptionItem>
      </DescriptionList>
    </Panel>
  )
}

function DetailsEditor({ certificate, onDone }: { certificate: CertificateView; onDone: () => void }) {
  const edit = useCertificateEdit(certificate, toDetails)
  const { bind, isReady, submit, values, change } = useContractForm({
    schema: CertificateChange,
    start: toDetails(certificate),
    toBody: (details) => details,
    live: detailsFields,
    error: edit.error,
    keep: { form: edit.form, fields: detailsFields },
  })
  const leave = () => {
    dropForm(edit.form)
    onDone()
  }
  return (
    <Panel title="Details">
      <form onSubmit={submit((body) => edit.save({ values, body, change }, onDone))}>
        <Stack gap="md">
          <DetailsFields bind={bind} />
          <ChangedFields edit={edit} labels={detailsLabels} onTake={change} />
          {edit.error !== null && <ErrorNotice error={edit.error} title="The details were not saved" />}
          <Group gap="xs" justify="flex-end">
            <Button variant="default" onClick={leave}>
              Cancel
            </Button>
            <Button type="submit" disabled={!isReady || edit.isUndecided || edit.isPending}>
              {edit.isPending ? 'Saving…' : 'Save details'}
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  )
}
