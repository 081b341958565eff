import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { ConfirmDialog } from '../../../components/ui/confirm-dialog.tsx'
import { useRotateAuthority } from '../api/rotate-authority.ts'

/** Creates a new issuing CA next to the current one. */
export function RotateAuthorityButton({ environment }: { environment: string }) {
  const [opened, { open, close }] = useDisclosure(false)
  const rotate = useRotateAuthority(environment)
  return (
    <>
      <Button variant="default" size="xs" onClick={open}>
        New issuing CA
      </Button>
      <ConfirmDialog
        opened={opened}
        title={`New issuing CA for ${environment}`}
        action="Create CA"
        keep="Cancel"
        busy={rotate.isPending}
        error={rotate.error}
        onConfirm={() => rotate.mutate(undefined, { onSuccess: close })}
        onClose={close}
      >
        <p>
          New certificates of {environment} come from it at once. The gateways trust both: nothing that
          connects today stops. Who verifies certificates with the CA bundle needs the new one.
        </p>
      </ConfirmDialog>
    </>
  )
}
