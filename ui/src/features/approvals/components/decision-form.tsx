import { Textarea } from '@mantine/core'
import { ApprovalDecision } from '../../../../../src/contract/approval.ts'
import { DialogForm } from '../../../components/ui/dialog-form.tsx'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { useDecideApproval } from '../api/decide-approval.ts'

interface DecisionFormProps {
  approvalId: string
  decision: ApprovalDecision['decision']
  onClose: () => void
}

/** Shows the form for deciding about a CSR, with the reason for the requester. */
export function DecisionForm({ approvalId, decision, onClose }: DecisionFormProps) {
  const decide = useDecideApproval(approvalId)
  const { bind, isReady, submit } = useContractForm({
    schema: ApprovalDecision,
    start: { reason: '' },
    toBody: ({ reason }) => ({ decision, reason }),
    error: decide.error,
  })
  const isApproval = decision === 'approve'
  return (
    <DialogForm
      action={isApproval ? 'Approve request' : 'Reject request'}
      busy="Saving…"
      keep="Cancel"
      failure="The decision was not saved"
      danger={!isApproval}
      isReady={isReady}
      call={decide}
      onSubmit={submit((body) => decide.mutate(body, { onSuccess: onClose }))}
      onClose={onClose}
    >
      <Textarea
        label="Reason"
        description={
          isApproval ? 'Optional. The requester sees it.' : 'The requester sees it. Say what to change.'
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
