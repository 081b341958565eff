import { Button, Group, NativeSelect, Stack, TextInput } from '@mantine/core'
import { type SubmitEvent, useState } from 'react'
import { type CertificateView, revocationReasons } from '../../../../../src/contract/certificate.ts'
import {
  type RevocationReason,
  revocationReasonFacts,
} from '../../../../../src/pki/status/revocation-reason.ts'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { usePlace } from '../../../lib/place.tsx'
import { useRevokeCertificate } from '../api/revoke-certificate.ts'

interface RevokeDialogProps {
  certificate: CertificateView
  opened: boolean
  onClose: () => void
}

/** The end of a certificate: why, what will stop, and its name typed. */
export function RevokeDialog({ certificate, opened, onClose }: RevokeDialogProps) {
  return (
    <Dialog opened={opened} onClose={onClose} title={`Revoke ${certificate.name}`}>
      <RevokeForm certificate={certificate} onClose={onClose} />
    </Dialog>
  )
}

function RevokeForm({ certificate, onClose }: Omit<RevokeDialogProps, 'opened'>) {
  const { params, environment } = usePlace()
  const { id, name, callsByHour } = certificate
  const revoke = useRevokeCertificate({ organization: params.organization, certificateId: id })
  const [reason, setReason] = useState<RevocationReason>('unspecified')
  const [typed, setTyped] = useState('')
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    revoke.mutate({ reason, name: typed.trim() }, { onSuccess: onClose })
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <Notice tone="bad" title="This is for good">
          <p>
            Within a second every {environment.label} gateway refuses {name}, closes its open connections and
            ends the tokens bound to it. It cannot be undone; a new certificate would be needed.
          </p>
          <p>{callsSentence(callsByHour)}</p>
        </Notice>
        <NativeSelect
          label="Reason"
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value as RevocationReason)}
          data={revocationReasons.map((value) => ({ value, label: revocationReasonFacts[value].label }))}
        />
        <TextInput
          label="Certificate name"
          description={`Type ${name} to confirm.`}
          autoComplete="off"
          spellCheck={false}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        {revoke.isError && <ErrorNotice error={revoke.error} title="It was not revoked" />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Keep it
          </Button>
          <Button type="submit" color="red" disabled={typed.trim() !== name || revoke.isPending}>
            {revoke.isPending ? 'Revoking…' : 'Revoke certificate'}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

function callsSentence(callsByHour: number[]): string {
  const day = callsByHour.reduce((sum, calls) => sum + calls, 0)
  const calls = `${day.toLocaleString('en')} ${day === 1 ? 'call' : 'calls'}`
  if (day === 0) return 'It made no calls in the last 24 hours.'
  return `It made ${calls} in the last 24 hours, ${(callsByHour.at(-1) ?? 0).toLocaleString('en')} of them in this hour. Those that follow will fail.`
}
