import { Select } from '@mantine/core'
import { WebhookSecretRotation, type WebhookView } from '../../../../../src/contract/webhook.ts'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { DialogForm } from '../../../components/ui/dialog-form.tsx'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { useRotateWebhookSecret, type WebhookKey } from '../api/webhooks.ts'
import { overlapChoices } from '../webhook-words.ts'
import { NewWebhookSecret } from './new-webhook-secret.tsx'

interface RotateWebhookSecretDialogProps {
  webhook: WebhookView
  params: WebhookKey
  opened: boolean
  onClose: () => void
}

/** Gives a webhook a new secret, with an overlap that the user chooses. */
export function RotateWebhookSecretDialog({
  webhook,
  params,
  opened,
  onClose,
}: RotateWebhookSecretDialogProps) {
  const rotate = useRotateWebhookSecret(params, webhook.name)
  const { bind, submit } = useContractForm({
    schema: WebhookSecretRotation,
    start: { overlapSeconds: '86400' },
    toBody: ({ overlapSeconds }) => ({ overlapSeconds: Number(overlapSeconds) }),
    error: rotate.error,
  })
  const close = () => {
    rotate.reset()
    onClose()
  }
  return (
    <Dialog
      opened={opened}
      onClose={close}
      title={`New secret for ${webhook.name}`}
      insistent={rotate.data !== undefined}
      size={rotate.data ? 'lg' : 'md'}
    >
      {rotate.data ? (
        <NewWebhookSecret secret={rotate.data.secret} onDone={close} />
      ) : (
        <DialogForm
          action="Create secret"
          busy="Creating…"
          keep="Cancel"
          failure="The secret was not created"
          call={rotate}
          onSubmit={submit((body) => rotate.mutate(body))}
          onClose={close}
        >
          <Select
            label="Overlap period"
            description="How long requests are also signed with the current secret after you create the new one."
            allowDeselect={false}
            data-autofocus
            data={overlapChoices}
            {...bind('overlapSeconds')}
          />
        </DialogForm>
      )}
    </Dialog>
  )
}
