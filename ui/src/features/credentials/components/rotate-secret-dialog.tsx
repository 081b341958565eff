import { Radio, Stack } from '@mantine/core'
import { type CredentialView, SecretRotation } from '../../../../../src/contract/credential.ts'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { DialogForm } from '../../../components/ui/dialog-form.tsx'
import { type BoundField, useContractForm } from '../../../lib/use-contract-form.ts'
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

const overlaps = [
  {
    seconds: 0,
    label: 'None',
    description: 'The current secret stops working immediately. Select this if it has leaked.',
  },
  { seconds: 3600, label: 'One hour', description: 'Enough for one deployment.' },
  { seconds: 86_400, label: 'One day', description: 'Enough for most services.' },
  { seconds: 604_800, label: 'Seven days', description: 'For services that others deploy.' },
]
const usualSeconds = 86_400

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
    start: { overlapSeconds: String(usualSeconds) },
    toBody: ({ overlapSeconds }) => ({ overlapSeconds: Number(overlapSeconds) }),
    error: rotate.error,
  })
  const close = () => {
    rotate.reset()
    onClose()
  }
  return (
    <Dialog
      opened={opened}
      onClose={close}
      title={`New secret for ${credential.name}`}
      insistent={rotate.data !== undefined}
      size={rotate.data ? 'lg' : 'md'}
    >
      {rotate.data ? (
        <NewSecret credential={rotate.data} certificateName={certificateName} onDone={close} />
      ) : credential.secrets.length > 1 ? (
        <SecretOverlap credential={credential} onClose={close} />
      ) : (
        <DialogForm
          action="Create secret"
          busy="Creating…"
          keep="Cancel"
          failure="The secret was not created"
          call={rotate}
          onSubmit={submit((body) => rotate.mutate(body))}
          onClose={close}
        >
          <OverlapChoice field={bind('overlapSeconds')} />
        </DialogForm>
      )}
    </Dialog>
  )
}

function OverlapChoice({ field }: { field: BoundField<string> }) {
  return (
    <Radio.Group
      label="Overlap period"
      description="How long the current secret stays valid after you create the new one."
      {...field}
    >
      <Stack gap="sm" mt="sm">
        {overlaps.map(({ seconds: each, label, description }) => (
          <Radio key={each} value={String(each)} label={label} description={description} />
        ))}
      </Stack>
    </Radio.Group>
  )
}
