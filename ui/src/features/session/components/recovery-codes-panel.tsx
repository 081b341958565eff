import { Button, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { CommandBlock } from '../../../components/ui/command-block.tsx'
import { ConfirmDialog } from '../../../components/ui/confirm-dialog.tsx'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { signInMethodsQuery, useCreateRecoveryCodes } from '../api/sign-in-methods.ts'

/** Shows how many recovery codes are left, and makes new ones. */
export function RecoveryCodesPanel() {
  const { data } = useQuery(signInMethodsQuery)
  const create = useCreateRecoveryCodes()
  const [isOpen, setOpen] = useState(false)
  const close = () => {
    setOpen(false)
    create.reset()
  }
  const left = data?.recoveryCodesLeft ?? 0
  return (
    <Panel
      title="Recovery codes"
      description="If you lose your device, a recovery code completes the sign-in. Without one, nobody can sign you in."
      actions={
        <Button variant="default" onClick={() => setOpen(true)}>
          Make recovery codes
        </Button>
      }
    >
      <p>{left === 0 ? 'You have no recovery codes.' : `${left} of 10 recovery codes are left.`}</p>
      <ConfirmDialog
        opened={isOpen && create.data === undefined}
        title="Make recovery codes"
        action="Make codes"
        keep="Cancel"
        busy={create.isPending}
        error={create.error}
        onConfirm={() => create.mutate(undefined)}
        onClose={close}
      >
        <p>You get ten codes. Codes that you made before no longer work.</p>
      </ConfirmDialog>
      {isOpen && create.data && (
        <Dialog opened onClose={close} title="Your recovery codes" insistent>
          <Stack gap="md">
            <p>They are shown only now, and each works once. Keep them where your device is not.</p>
            <CommandBlock label="Recovery codes" text={create.data.codes.join('\n')} />
            <Button onClick={close}>I have saved the codes</Button>
          </Stack>
        </Dialog>
      )}
    </Panel>
  )
}
