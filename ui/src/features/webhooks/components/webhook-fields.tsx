import { MultiSelect, Select, TextInput } from '@mantine/core'
import type { NewWebhook } from '../../../../../src/contract/webhook.ts'
import { PasteInput } from '../../../components/ui/paste-input.tsx'
import type { ContractForm } from '../../../lib/use-contract-form.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { eventTypeChoices } from '../webhook-words.ts'

/** What the fields of a webhook hold. */
export interface WebhookInput {
  name: string
  url: string
  environment: string | null
  eventTypes: string[]
  serverCa: string
}

export const webhookFieldNames = ['name', 'environment', 'eventTypes'] as const

/** Returns the body of the fields. */
export const toWebhookBody = ({
  eventTypes,
  serverCa,
  ...texts
}: WebhookInput): Omit<NewWebhook, 'enabled'> => ({
  ...texts,
  serverCa: serverCa.trim() === '' ? null : serverCa,
  eventTypes: eventTypes.length === 0 ? null : eventTypes,
})

/** Shows the fields of a webhook. */
export function WebhookFields({ form: { bind } }: { form: ContractForm<WebhookInput> }) {
  const { environments } = useWorkspace()
  return (
    <>
      <TextInput
        label="Name"
        description="What gets the events, for example Incidents."
        data-autofocus
        maxLength={100}
        {...bind('name')}
      />
      <TextInput
        label="URL"
        description="The public https address of your endpoint. Redirects are not followed."
        placeholder="https://hooks.example.com/postern"
        type="url"
        maxLength={2000}
        {...bind('url')}
      />
      <MultiSelect
        label="Events"
        description="Leave empty for all events, also for types that are added later."
        searchable
        clearable
        hidePickedOptions
        data={eventTypeChoices}
        {...bind('eventTypes')}
      />
      <Select
        label="Environment"
        description="Leave empty for all environments. Events about members and the organization belong to none."
        clearable
        data={environments.map(({ name, label }) => ({ value: name, label }))}
        {...bind('environment')}
      />
      <PasteInput
        label="CA of the endpoint"
        description="Leave empty for a server certificate of a public CA. With one, only that CA is trusted."
        placeholder="-----BEGIN CERTIFICATE-----"
        rows={[2, 6]}
        {...bind('serverCa')}
      />
    </>
  )
}
