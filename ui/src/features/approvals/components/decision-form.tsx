import { Textarea } from '@mantine/core'
import { Decision } from '../../../../../src/contract/certificate.ts'
import { DialogForm } from '../../../components/ui/dialog-form.tsx'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { useDecideApproval } from '../api/decide-approval.ts'

interface DecisionFormProps {
  certificateId: string
  approve: boolean
  onClose: () => void
}

/** Shows the form for deciding about a CSR, with the reason for the requester. */
export function DecisionForm({ certificateId, approve, onClose }: DecisionFormProps) {
  const decide = useDecideApproval(certificateId)
  const { bind, isReady, submit } = useContractForm({
    schema: Decision,
    start: { reason: '' },
    toBody: ({ reason }) => ({ approve, reason }),
    error: decide.error,
  })
  return (
    <DialogForm
      action={approve ? 'Approve request' : 'Reject request'}
      busy="Saving…"
      keep="Not now"
      failure="The decision was not taken"
      danger={!approve}
      isReady={isReady}
      call={decide}
      onSubmit={submit((body) => decide.mutate(body, { onSuccess: onClose }))}
      onClose={onClose}
    >
      <Textarea
        label="Reason"
        description={
          approve ? 'Optional. The requester is told.' : 'The requester is told: say what to do differently.'
        }
        autosize
        minRows={3}
        maxLength={500}
        data-autofocus
        {...bind('reason')}
      />
    </DialogForm>
  )
}
