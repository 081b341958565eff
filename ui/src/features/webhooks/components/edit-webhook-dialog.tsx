import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { WebhookChange, type WebhookView } from '../../../../../src/contract/webhook.ts'
import { ChangedFields } from '../../../components/ui/changed-fields.tsx'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { DialogForm } from '../../../components/ui/dialog-form.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { dropForm } from '../../../lib/kept-input.ts'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { useWebhookEdit, type WebhookKey, webhookQuery } from '../api/webhooks.ts'
import { toWebhookBody, WebhookFields, type WebhookInput, webhookFieldNames } from './webhook-fields.tsx'

interface EditWebhookDialogProps {
  name: string
  params: WebhookKey
  opened: boolean
  onClose: () => void
}

const labels = {
  name: 'Name',
  url: 'URL',
  environment: 'Environment',
  eventTypes: 'Events',
  serverCa: 'CA of the endpoint',
}

/** Changes where a webhook leads, and what it is sent. */
export function EditWebhookDialog({ name, params, opened, onClose }: EditWebhookDialogProps) {
  return (
    <Dialog opened={opened} onClose={onClose} title={`Change ${name}`}>
      <EditForm params={params} onClose={onClose} />
    </Dialog>
  )
}

function EditForm({ params, onClose }: Pick<EditWebhookDialogProps, 'params' | 'onClose'>) {
  const query = useQuery(webhookQuery(params))
  if (query.isError) return <ErrorNotice error={query.error} onRetry={query.refetch} />
  if (query.data === undefined) return <Skeleton height={360} />
  return <LoadedForm webhook={query.data} params={params} onClose={onClose} />
}

const toInput = ({ name, url, environment, eventTypes, serverCa }: WebhookView): WebhookInput => ({
  ...{ name, url, environment },
  eventTypes: eventTypes ?? [],
  serverCa: serverCa ?? '',
})

function LoadedForm({
  webhook,
  params,
  onClose,
}: Pick<EditWebhookDialogProps, 'params' | 'onClose'> & { webhook: WebhookView }) {
  const edit = useWebhookEdit(webhook, params, toInput)
  const { submit, isReady, ...form } = useContractForm({
    schema: WebhookChange,
    start: toInput(webhook),
    toBody: toWebhookBody,
    error: edit.error,
    keep: { form: edit.form, fields: webhookFieldNames },
  })
  return (
    <DialogForm
      action="Save changes"
      busy="Saving…"
      keep="Cancel"
      failure="The webhook was not changed"
      isReady={isReady && !edit.isUndecided}
      call={edit}
      onSubmit={submit((body) => edit.save({ values: form.values, body, change: form.change }, onClose))}
      onClose={() => {
        dropForm(edit.form)
        onClose()
      }}
    >
      <WebhookFields form={form} />
      <ChangedFields edit={edit} labels={labels} toText={() => undefined} onTake={form.change} />
    </DialogForm>
  )
}
