import { Button, Group, Stack } from '@mantine/core'
import { useState } from 'react'
import { CertificateChange, type CertificateView } from '../../../../../src/contract/certificate.ts'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { Fact, Facts } from '../../../components/ui/facts.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { usePlace } from '../../../lib/place.tsx'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { useUpdateCertificate } from '../api/update-certificate.ts'
import { toDetails } from '../certificate-details.ts'
import { DetailsFields } from './details-fields.tsx'

/** Shows what users entered about a certificate, editable in place. */
export function DetailsPanel({ certificate }: { certificate: CertificateView }) {
  const { mayWrite } = usePlace()
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
      <Facts>
        <Fact label="Description">{description || '–'}</Fact>
        <Fact label="Owner">{owner || '–'}</Fact>
        <Fact label="Related service">{relatedService || '–'}</Fact>
        <Fact label="Rotation policy">{rotationPolicy || '–'}</Fact>
        <Fact label="Contacts">{contacts.length === 0 ? 'Nobody' : contacts.join(', ')}</Fact>
        <Fact label="Created by">{certificate.createdBy}</Fact>
      </Facts>
    </Panel>
  )
}

function DetailsEditor({ certificate, onDone }: { certificate: CertificateView; onDone: () => void }) {
  const { params } = usePlace()
  const update = useUpdateCertificate({ organization: params.organization, certificateId: certificate.id })
  const { bind, isReady, submit } = useContractForm({
    schema: CertificateChange,
    start: toDetails(certificate),
    toBody: (values) => values,
    error: update.error,
  })
  return (
    <Panel title="Details">
      <form onSubmit={submit((body) => update.mutate(body, { onSuccess: onDone }))}>
        <Stack gap="md">
          <DetailsFields bind={bind} />
          {update.isError && <ErrorNotice error={update.error} title="It was not saved" />}
          <Group gap="xs" justify="flex-end">
            <Button variant="default" onClick={onDone}>
              Leave as it was
            </Button>
            <Button type="submit" disabled={!isReady || update.isPending}>
              {update.isPending ? 'Saving…' : 'Save details'}
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  )
}
