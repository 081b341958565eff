import { WebhookSecretRotation, type WebhookView } from '../../../../../src/contract/webhook.ts'
import { RotateSecret, usualOverlap } from '../../../components/ui/rotate-secret.tsx'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { useRotateWebhookSecret, type WebhookKey } from '../api/webhooks.ts'
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
    start: { overlapSeconds: usualOverlap },
    toBody: ({ overlapSeconds }) => ({ overlapSeconds: Number(overlapSeconds) }),
    error: rotate.error,
  })
  return (
    <RotateSecret
      name={webhook.name}
      opened={opened}
      call={rotate}
      description="How long requests are also signed with the current secret after you create the new one."
      field={bind('overlapSeconds')}
      onSubmit={submit((body) => rotate.mutate(body))}
      onClose={onClose}
      shown={({ secret }, done) => <NewWebhookSecret secret={secret} onDone={done} />}
    />
  )
}
