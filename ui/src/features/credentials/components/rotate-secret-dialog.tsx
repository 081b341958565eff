import { Button, Group, Radio, Stack } from '@mantine/core'
import { useState } from 'react'
import type { CredentialView } from '../../../../../src/contract/credential.ts'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { usePlace } from '../../../lib/place.tsx'
import { useRotateCredentialSecret } from '../api/rotate-credential-secret.ts'
import { NewSecret } from './new-secret.tsx'
import { TwoSecrets } from './two-secrets.tsx'

interface RotateSecretDialogProps {
  credential: CredentialView
  certificateName: string
  opened: boolean
  onClose: () => void
}

const overlaps = [
  { seconds: 0, label: 'None', description: 'The secret in use stops at once. For one that has leaked.' },
  { seconds: 3600, label: 'One hour', description: 'Enough for one deployment.' },
  { seconds: 86_400, label: 'One day', description: 'Enough for most services.' },
  { seconds: 604_800, label: 'Seven days', description: 'For services that others deploy.' },
]
const usualSeconds = 86_400

/** Adds a new secret beside the one in use, for as long as the person chooses. */
export function RotateSecretDialog({
  credential,
  certificateName,
  opened,
  onClose,
}: RotateSecretDialogProps) {
  const { params } = usePlace()
  const rotate = useRotateCredentialSecret({
    organization: params.organization,
    credentialId: credential.id,
  })
  const [overlapSeconds, setOverlapSeconds] = useState(usualSeconds)
  const close = () => {
    rotate.reset()
    onClose()
  }
  return (
    <Dialog
      opened={opened}
      onClose={close}
      title={`A new secret for ${credential.name}`}
      insistent={rotate.data !== undefined}
      size={rotate.data ? 'lg' : 'md'}
    >
      {rotate.data ? (
        <NewSecret credential={rotate.data} certificateName={certificateName} onDone={close} />
      ) : credential.secrets.length > 1 ? (
        <TwoSecrets credential={credential} onClose={close} />
      ) : (
        <Stack gap="md">
          <OverlapChoice seconds={overlapSeconds} onChange={setOverlapSeconds} />
          {rotate.isError && <ErrorNotice error={rotate.error} title="There is no new secret" />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close}>
              Not now
            </Button>
            <Button disabled={rotate.isPending} onClick={() => rotate.mutate({ overlapSeconds })}>
              {rotate.isPending ? 'Making it…' : 'Make a new secret'}
            </Button>
          </Group>
        </Stack>
      )}
    </Dialog>
  )
}

interface OverlapChoiceProps {
  seconds: number
  onChange: (seconds: number) => void
}

function OverlapChoice({ seconds, onChange }: OverlapChoiceProps) {
  return (
    <Radio.Group
      label="Overlap"
      description="How long the secret in use stays valid beside the new one."
      value={String(seconds)}
      onChange={(value) => onChange(Number(value))}
    >
      <Stack gap="sm" mt="sm">
        {overlaps.map(({ seconds: each, label, description }) => (
          <Radio key={each} value={String(each)} label={label} description={description} />
        ))}
      </Stack>
    </Radio.Group>
  )
}
