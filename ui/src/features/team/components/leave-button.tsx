import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { ConfirmDialog } from '../../../components/ui/confirm-dialog.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { useLeaveOrganization } from '../api/change-member.ts'

/** Ends the membership of the user, after a question. */
export function LeaveButton({ onLeft }: { onLeft: () => void }) {
  const { organization } = useWorkspace()
  const [opened, { open, close }] = useDisclosure(false)
  const leave = useLeaveOrganization(organization.slug)
  return (
    <>
      <Button variant="default" onClick={open}>
        Leave organization
      </Button>
      <ConfirmDialog
        opened={opened}
        title={`Leave ${organization.legalName}?`}
        action="Leave organization"
        keep="Cancel"
        danger
        busy={leave.isPending}
        error={leave.error}
        onConfirm={() => leave.mutate(undefined, { onSuccess: onLeft })}
        onClose={close}
      >
        <p>You lose access immediately. To return, you need a new invitation.</p>
      </ConfirmDialog>
    </>
  )
}
