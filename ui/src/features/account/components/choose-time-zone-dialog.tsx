import { TimeZoneAnswer } from '../../../../../src/contract/account.ts'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { DialogForm } from '../../../components/ui/dialog-form.tsx'
import { TimeZoneSelect } from '../../../components/ui/time-zone-select.tsx'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import type { useAnswerTimeZone } from '../api/account.ts'

interface ChooseTimeZoneDialogProps {
  answer: ReturnType<typeof useAnswerTimeZone>
  start: string
  onClose: () => void
}

/** Answers with any time zone which one dates in emails have. */
export function ChooseTimeZoneDialog({ answer, start, onClose }: ChooseTimeZoneDialogProps) {
  const { bind, submit } = useContractForm({
    schema: TimeZoneAnswer,
    start: { timeZone: start },
    toBody: ({ timeZone }) => ({ timeZone }),
    error: answer.error,
  })
  return (
    <Dialog opened onClose={onClose} title="Time zone of your emails" size="sm">
      <DialogForm
        action="Save time zone"
        busy="Saving…"
        keep="Cancel"
        failure="The time zone was not saved"
        call={answer}
        onSubmit={submit(({ timeZone }) => answer.mutate(timeZone))}
        onClose={onClose}
      >
        <TimeZoneSelect label="Time zone" {...bind('timeZone')} />
      </DialogForm>
    </Dialog>
  )
}
