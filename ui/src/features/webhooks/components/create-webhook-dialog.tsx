import { operations } from '../../../../../src/contract/operations.ts'
import { NewWebhook } from '../../../../../src/contract/webhook.ts'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { DialogForm } from '../../../components/ui/dialog-form.tsx'
import { nameForm } from '../../../lib/kept-input.ts'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { useCreateWebhook } from '../api/webhooks.ts'
import { NewWebhookSecret } from './new-webhook-secret.tsx'
import { toWebhookBody, WebhookFields, type WebhookInput, webhookFieldNames } from './webhook-fields.tsx'

interface CreateWebhookDialogProps {
  organization: string
  opened: boolean
  onClose: () => void
}

/** Creates a webhook and shows its secret once; closing the dialog drops it. */
export function CreateWebhookDialog({ organization, opened, onClose }: CreateWebhookDialogProps) {
  const create = useCreateWebhook(organization)
  const close = () => {
    create.reset()
    onClose()
  }
  return (
    <Dialog
      opened={opened}
      onClose={close}
      title={create.data ? `Webhook ${create.data.name}` : 'New webhook'}
      insistent={create.data !== undefined}
      size={create.data ? 'lg' : 'md'}
    >
      {create.data ? (
        <NewWebhookSecret secret={create.data.secret} onDone={close} />
      ) : (
        <CreateForm organization={organization} create={create} onClose={close} />
      )}
    </Dialog>
  )
}

function CreateForm({
  organization,
  create,
  onClose,
}: Omit<CreateWebhookDialogProps, 'opened'> & { create: ReturnType<typeof useCreateWebhook> }) {
  const { submit, isReady, ...form } = useContractForm({
    schema: NewWebhook,
    start: { name: '', url: '', environment: null, eventTypes: [], serverCa: '' } as WebhookInput,
    toBody: toWebhookBody,
    error: create.error,
    // A URL often has a secret in it: it is not kept.
    keep: { form: nameForm(operations.createWebhook, { organization }), fields: webhookFieldNames },
  })
  return (
    <DialogForm
      action="Create webhook"
      busy="Creating…"
      keep="Cancel"
      failure="The webhook was not created"
      isReady={isReady}
      call={create}
      onSubmit={submit((body) => create.mutate(body))}
      onClose={onClose}
    >
      <WebhookFields form={form} />
    </DialogForm>
  )
}
