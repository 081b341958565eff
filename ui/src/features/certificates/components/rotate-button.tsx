import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import type { CertificateView } from '../../../../../src/contract/certificate.ts'
import { ConfirmDialog } from '../../../components/ui/confirm-dialog.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { useRotateCertificate } from '../api/rotate-certificate.ts'

/** Creates the replacement of a certificate after an explanation. */
export function RotateButton({
  certificate: { id, name, status },
  label = 'Rotate',
  onSuccessor,
}: {
  certificate: Pick<CertificateView, 'id' | 'name' | 'status'>
  label?: string
  onSuccessor: (certificateId: string) => void
}) {
  const { params } = useWorkspace()
  const [opened, { open, close }] = useDisclosure(false)
  const rotate = useRotateCertificate({ organization: params.organization, certificateId: id })
  const begin = () =>
    rotate.mutate(undefined, {
      onSuccess: (successor) => {
        close()
        onSuccessor(successor.id)
      },
    })
  return (
    <>
      <Button variant="default" onClick={open}>
        {label}
      </Button>
      <ConfirmDialog
        opened={opened}
        title={`Rotate ${name}`}
        action="Create replacement"
        keep="Cancel"
        busy={rotate.isPending}
        error={rotate.error}
        onConfirm={begin}
        onClose={close}
      >
        <p>
          Postern creates a replacement with the same details and a new name. You submit a CSR with a new key.
        </p>
        <p>
          {status === 'issued'
            ? `${name} stays valid until it expires or you revoke it. Get new tokens after you switch.`
            : `${name} stays ${status}.`}
        </p>
      </ConfirmDialog>
    </>
  )
}
