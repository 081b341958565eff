import { Button, Group, Stack } from '@mantine/core'
import type { ReactNode } from 'react'
import { Dialog } from './dialog.tsx'
import { ErrorNotice } from './error-notice.tsx'

interface ConfirmDialogProps {
  opened: boolean
  title: string
  action: string
  keep: string
  danger?: boolean
  busy: boolean
  error: unknown
  onConfirm: () => void
  onClose: () => void
  children: ReactNode
}

/** Asks for confirmation before an action. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { opened, title, action, keep, danger = false, busy, error, onConfirm, onClose, children } = props
  return (
    <Dialog opened={opened} onClose={onClose} title={title}>
      <Stack gap="md">
        <div>{children}</div>
        {error !== null && <ErrorNotice error={error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {keep}
          </Button>
          <Button {...(danger ? { color: 'red' } : {})} disabled={busy} onClick={onConfirm}>
            {busy ? 'One moment…' : action}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}
