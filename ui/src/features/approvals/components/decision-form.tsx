import { Button, Group, Stack, Textarea } from '@mantine/core'
import { type SubmitEvent, useState } from 'react'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { useDecideApproval } from '../api/decide-approval.ts'

interface DecisionFormProps {
  certificateId: string
  approve: boolean
  onClose: () => void
}

/** The decision about a request, with the reason that the requester is told. */
export function DecisionForm({ certificateId, approve, onClose }: DecisionFormProps) {
  const decide = useDecideApproval(certificateId)
  const [reason, setReason] = useState('')
  const ready = approve || reason.trim() !== ''
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    if (ready) decide.mutate({ approve, reason: reason.trim() }, { onSuccess: onClose })
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <Textarea
          label="Reason"
          description={
            approve
              ? 'Optional. The requester is told.'
              : 'The requester is told: say what to do differently.'
          }
          autosize
          minRows={3}
          maxLength={500}
          data-autofocus
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        {decide.isError && <ErrorNotice error={decide.error} title="The decision was not taken" />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Not now
          </Button>
          <Button type="submit" {...(approve ? {} : { color: 'red' })} disabled={!ready || decide.isPending}>
            {decide.isPending ? 'Saving…' : approve ? 'Approve request' : 'Reject request'}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
