import { NativeSelect, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import {
  type CertificateView,
  Revocation,
  type RevocationReason,
} from '../../../../../src/contract/certificate.ts'
import { formatCount } from '../../../../../src/contract/format-count.ts'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { DialogForm } from '../../../components/ui/dialog-form.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { reasonChoices } from '../../../lib/reason-choices.ts'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { callsOfDayQuery } from '../api/get-calls-of-day.ts'
import { useRevokeCertificate } from '../api/revoke-certificate.ts'

interface RevokeDialogProps {
  certificate: CertificateView
  opened: boolean
  onClose: () => void
}

/** Shows the revocation dialog: the reason, the consequences, and the confirmation by name. */
export function RevokeDialog({ certificate, opened, onClose }: RevokeDialogProps) {
  return (
    <Dialog opened={opened} onClose={onClose} title={`Revoke ${certificate.name}`}>
      <RevokeForm certificate={certificate} onClose={onClose} />
    </Dialog>
  )
}

function RevokeForm({ certificate, onClose }: Omit<RevokeDialogProps, 'opened'>) {
  const { params, environment } = useWorkspace()
  const { id, name } = certificate
  const calls = useQuery(callsOfDayQuery({ organization: params.organization, certificateId: id }))
  const revoke = useRevokeCertificate({ organization: params.organization, certificateId: id })
  const { bind, values, submit } = useContractForm({
    schema: Revocation,
    start: { reason: 'unspecified' as RevocationReason, name: '' },
    toBody: (typed) => ({ ...typed, name: typed.name.trim() }),
    error: revoke.error,
  })
  return (
    <DialogForm
      action="Revoke certificate"
      busy="Revoking…"
      keep="Cancel"
      failure="The certificate was not revoked"
      danger
      isReady={values.name.trim() === name}
      call={revoke}
      onSubmit={submit((body) => revoke.mutate(body, { onSuccess: onClose }))}
      onClose={onClose}
    >
      <Notice tone="bad" title="This cannot be undone">
        <p>
          Within a second, all {environment.label} gateways stop accepting {name}, close its open connections
          and invalidate its tokens. Your service will need a new certificate.
        </p>
        {calls.data && <p>{callsSentence(calls.data)}</p>}
      </Notice>
      <NativeSelect label="Reason" data={reasonChoices} {...bind('reason')} />
      <TextInput
        label="Certificate name"
        description={`Type ${name} to confirm.`}
        autoComplete="off"
        spellCheck={false}
        {...bind('name')}
      />
    </DialogForm>
  )
}

function callsSentence(callsByHour: number[]): string {
  const day = callsByHour.reduce((sum, calls) => sum + calls, 0)
  const calls = formatCount(day, 'call')
  if (day === 0) return 'The certificate made no calls in the last 24 hours.'
  return `The certificate made ${calls} in the last 24 hours, ${(callsByHour.at(-1) ?? 0).toLocaleString('en')} of them in this hour. Further calls will fail.`
}
