import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import type { CertificateView } from '../../../../../src/contract/certificate.ts'
import { ConfirmDialog } from '../../../components/ui/confirm-dialog.tsx'
import { ButtonLink } from '../../../components/ui/links.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { useCancelCertificate } from '../api/cancel-certificate.ts'
import { CertificateDownloads } from './certificate-downloads.tsx'
import { DiscardButton } from './discard-button.tsx'
import { RevokeDialog } from './revoke-dialog.tsx'
import { RotateButton } from './rotate-button.tsx'

interface CertificateActionsProps {
  certificate: CertificateView
  onConfigure: () => void
  /** Continues the draft at its current step. */
  onContinue: () => void
  onSuccessor: (certificateId: string) => void
}

const rotatable = ['issued', 'expired', 'revoked']

/** Shows the actions for a certificate that the user is allowed to perform. */
export function CertificateActions(props: CertificateActionsProps) {
  const { certificate, onConfigure, onContinue, onSuccessor } = props
  const { mayWrite, mayRevoke } = useWorkspace()
  const { id, name, status, issued, replaces, replacedBy } = certificate
  return (
    <>
      {issued !== null && <CertificateDownloads id={id} name={name} />}
      {status === 'issued' && (
        <Button variant="default" onClick={onConfigure}>
          Configure in Postman
        </Button>
      )}
      {mayWrite && rotatable.includes(status) && replacedBy === null && (
        <RotateButton certificate={certificate} onSuccessor={onSuccessor} />
      )}
      {(replacedBy !== null || replaces !== null) && issued !== null && <RotationLink id={id} />}
      {mayRevoke && status === 'issued' && <RevokeButton certificate={certificate} />}
      {mayWrite && status === 'pending' && <CancelButton certificate={certificate} />}
      {mayWrite && status === 'draft' && <DiscardButton certificate={certificate} />}
      {mayWrite && status === 'draft' && <Button onClick={onContinue}>Continue</Button>}
    </>
  )
}

function RotationLink({ id }: { id: string }) {
  const { params } = useWorkspace()
  return (
    <ButtonLink
      variant="default"
      to="/o/$organization/$environment/certificates/$certificateId/rotation"
      params={{ ...params, certificateId: id }}
    >
      Rotation
    </ButtonLink>
  )
}

function RevokeButton({ certificate }: { certificate: CertificateView }) {
  const [opened, { open, close }] = useDisclosure(false)
  return (
    <>
      <Button color="red" variant="outline" onClick={open}>
        Revoke
      </Button>
      <RevokeDialog certificate={certificate} opened={opened} onClose={close} />
    </>
  )
}

function CancelButton({ certificate: { id, name } }: { certificate: CertificateView }) {
  const { params } = useWorkspace()
  const [opened, { open, close }] = useDisclosure(false)
  const cancel = useCancelCertificate({ organization: params.organization, certificateId: id })
  return (
    <>
      <Button variant="default" onClick={open}>
        Cancel request
      </Button>
      <ConfirmDialog
        opened={opened}
        title={`Cancel ${name}?`}
        action={'Cancel request'}
        keep="Keep request"
        danger
        busy={cancel.isPending}
        error={cancel.error}
        onConfirm={() => cancel.mutate(undefined, { onSuccess: close })}
        onClose={close}
      >
        The request is canceled: no certificate is issued, and the name is not used again.
      </ConfirmDialog>
    </>
  )
}
