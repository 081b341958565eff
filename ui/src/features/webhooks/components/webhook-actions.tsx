import { Button, Group } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconPencil, IconPlayerPause, IconPlayerPlay, IconRefresh, IconTrash } from '@tabler/icons-react'
import type { UsedWebhook } from '../../../../../src/contract/webhook.ts'
import { ActionMenu, MenuAction } from '../../../components/ui/action-menu.tsx'
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
      <Button variant="default" disabled={test.isPending} onClick={() => test.mutate(undefined)}>
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
      <ActionMenu name={webhook.name} prominent>
        <MenuAction icon={IconPencil} onClick={edit.open}>
          Change
        </MenuAction>
        <MenuAction icon={IconRefresh} onClick={rotation.open}>
          Rotate secret
        </MenuAction>
        <MenuAction icon={webhook.enabled ? IconPlayerPause : IconPlayerPlay} onClick={pause.open}>
          {webhook.enabled ? 'Disable' : 'Enable'}
        </MenuAction>
        <MenuAction icon={IconTrash} danger onClick={deletion.open}>
          Delete
        </MenuAction>
      </ActionMenu>
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
