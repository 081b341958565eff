import { type CredentialView, SecretRotation } from '../../../../../src/contract/credential.ts'
import { RotateSecret, usualOverlap } from '../../../components/ui/rotate-secret.tsx'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { useRotateCredentialSecret } from '../api/rotate-credential-secret.ts'
import { NewSecret } from './new-secret.tsx'
import { SecretOverlap } from './secret-overlap.tsx'

interface RotateSecretDialogProps {
  credential: CredentialView
  certificateName: string
  opened: boolean
  onClose: () => void
}

/** Adds a new secret with an overlap period that the user chooses. */
export function RotateSecretDialog({
  credential,
  certificateName,
  opened,
  onClose,
}: RotateSecretDialogProps) {
  const { params } = useWorkspace()
  const rotate = useRotateCredentialSecret(
    { organization: params.organization, credentialId: credential.id },
    credential.name,
  )
  const { bind, submit } = useContractForm({
    schema: SecretRotation,
    start: { overlapSeconds: usualOverlap },
    toBody: ({ overlapSeconds }) => ({ overlapSeconds: Number(overlapSeconds) }),
    error: rotate.error,
  })
  return (
    <RotateSecret
      name={credential.name}
      opened={opened}
      call={rotate}
      field={bind('overlapSeconds')}
      onSubmit={submit((body) => rotate.mutate(body))}
      onClose={onClose}
      shown={(made, done) => <NewSecret credential={made} certificateName={certificateName} onDone={done} />}
      instead={
        credential.secrets.length > 1 ? (
          <SecretOverlap credential={credential} onClose={onClose} />
        ) : undefined
      }
    />
  )
}
