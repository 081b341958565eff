import { Button, Divider, Stack } from '@mantine/core'
import { IconFingerprint } from '@tabler/icons-react'
import type { SessionView } from '../../../../../src/contract/session.ts'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { usePasskeyEntrance } from '../api/sign-in.ts'

/** The button that signs in with a passkey, without a password. */
export function PasskeySignIn({ onSignedIn }: { onSignedIn: (session: SessionView) => void }) {
  const enter = usePasskeyEntrance('sign_in')
  return (
    <Stack gap="md" mt="md">
      <Divider label="or" />
      {enter.isError && <ErrorNotice error={enter.error} title="You are not signed in with a passkey" />}
      <Button
        variant="default"
        size="md"
        leftSection={<IconFingerprint size={18} aria-hidden />}
        disabled={enter.isPending}
        onClick={() => enter.mutate(undefined, { onSuccess: onSignedIn })}
      >
        Sign in with a passkey
      </Button>
    </Stack>
  )
}
