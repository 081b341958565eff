import { ActionIcon, Button, Group, Menu } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import {
  IconDots,
  IconPencil,
  IconPlayerPause,
  IconPlayerPlay,
  IconRefresh,
  IconTrash,
} from '@tabler/icons-react'
import type { UsedWebhook } from '../../../../../src/contract/webhook.ts'
import { ConfirmDialog } from '../../../components/ui/confirm-dialog.tsx'
import {
  useDeleteWebhook,
  useSetWebhookEnabled,
  type useTestWebhook,
  type WebhookKey,
} from '../api/webhooks.ts'
import { EditWebhookDialog } from './edit-webhook-dialog.tsx'
import { RotateWebhookSecretDialog } from './rotate-webhook-secret-dialog.tsx'

interface WebhookActionsProps {
  webhook: UsedWebhook
  params: WebhookKey
  test: ReturnType<typeof useTestWebhook>
  /** Developers may test; admins may change. */
  mayChange: boolean
  onDeleted: () => void
}

/** Shows the actions for a webhook. */
export function WebhookActions({ webhook, params, test, mayChange, onDeleted }: WebhookActionsProps) {
  return (
    <Group gap="xs">
      <Button variant="default" disabled={test.isPending} onClick={() => test.mutate()}>
        {test.isPending ? 'Sending…' : 'Send test event'}
      </Button>
      {mayChange && <ChangeMenu webhook={webhook} params={params} onDeleted={onDeleted} />}
    </Group>
  )
}

function ChangeMenu({
  webhook,
  params,
  onDeleted,
}: Pick<WebhookActionsProps, 'webhook' | 'params' | 'onDeleted'>) {
  const [editing, edit] = useDisclosure(false)
  const [rotating, rotation] = useDisclosure(false)
  const [deleting, deletion] = useDisclosure(false)
  const [pausing, pause] = useDisclosure(false)
  const remove = useDeleteWebhook(params)
  const setEnabled = useSetWebhookEnabled(params, webhook.name)
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" size={36} aria-label={`Actions for ${webhook.name}`}>
            <IconDots size={18} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={16} aria-hidden />} onClick={edit.open}>
            Change
          </Menu.Item>
          <Menu.Item leftSection={<IconRefresh size={16} aria-hidden />} onClick={rotation.open}>
            Rotate secret
          </Menu.Item>
          <Menu.Item
            leftSection={
              webhook.enabled ? (
                <IconPlayerPause size={16} aria-hidden />
              ) : (
                <IconPlayerPlay size={16} aria-hidden />
              )
            }
            onClick={pause.open}
          >
            {webhook.enabled ? 'Disable' : 'Enable'}
          </Menu.Item>
          <Menu.Item c="var(--bad)" leftSection={<IconTrash size={16} aria-hidden />} onClick={deletion.open}>
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <EditWebhookDialog name={webhook.name} params={params} opened={editing} onClose={edit.close} />
      <RotateWebhookSecretDialog
        webhook={webhook}
        params={params}
        opened={rotating}
        onClose={rotation.close}
      />
      <ConfirmDialog
        opened={pausing}
        title={webhook.enabled ? `Disable ${webhook.name}?` : `Enable ${webhook.name}?`}
        action={webhook.enabled ? 'Disable webhook' : 'Enable webhook'}
        keep="Cancel"
        busy={setEnabled.isPending}
        error={setEnabled.error}
        onConfirm={() => setEnabled.mutate(!webhook.enabled, { onSuccess: pause.close })}
        onClose={pause.close}
      >
        {webhook.enabled ? (
          <p>
            Waiting deliveries fail, and events that happen while the webhook is disabled are not sent. You
            can send failed deliveries again later.
          </p>
        ) : (
          <p>Events begin with the next change. Send failed deliveries again from the list below.</p>
        )}
      </ConfirmDialog>
      <ConfirmDialog
        opened={deleting}
        title={`Delete ${webhook.name}?`}
        action="Delete webhook"
        keep="Cancel"
        danger
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate(undefined, { onSuccess: onDeleted })}
        onClose={deletion.close}
      >
        <p>
          Nothing is sent to {new URL(webhook.url).host} any more, and its deliveries are deleted. This cannot
          be undone.
        </p>
      </ConfirmDialog>
    </>
  )
}
