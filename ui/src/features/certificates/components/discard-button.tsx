import { ActionIcon, Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconTrash } from '@tabler/icons-react'
import { ConfirmDialog } from '../../../components/ui/confirm-dialog.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { useCancelCertificate } from '../api/cancel-certificate.ts'

interface DiscardButtonProps {
  certificate: { id: string; name: string }
  /** A small button for a row of a list. */
  small?: boolean
}

/** Discards a draft, after asking. */
export function DiscardButton({ certificate: { id, name }, small = false }: DiscardButtonProps) {
  const { params } = useWorkspace()
  const [opened, { open, close }] = useDisclosure(false)
  const cancel = useCancelCertificate({ organization: params.organization, certificateId: id })
  return (
    <>
      {small ? (
        <ActionIcon variant="subtle" color="gray" aria-label={`Discard draft ${name}`} onClick={open}>
          <IconTrash size={16} aria-hidden />
        </ActionIcon>
      ) : (
        <Button variant="subtle" color="gray" onClick={open}>
          Discard draft
        </Button>
      )}
      <ConfirmDialog
        opened={opened}
        title={`Discard draft ${name}?`}
        action="Discard draft"
        keep="Keep draft"
        danger
        busy={cancel.isPending}
        error={cancel.error}
        onConfirm={() => cancel.mutate(undefined, { onSuccess: close })}
        onClose={close}
      >
        <p>
          {`The draft is canceled and the name ${name} is not used again. If you created a private key for it, delete the key file.`}
        </p>
      </ConfirmDialog>
    </>
  )
}
