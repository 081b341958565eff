import { Button, Stack } from '@mantine/core'
import type { SessionView } from '../../../../../src/contract/session.ts'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { useAcceptInvitation } from '../api/accept-invitation.ts'

/** Accepts an invitation as the signed-in user. */
export function JoinButton({
  token,
  legalName,
  onAccepted,
}: {
  token: string
  legalName: string
  onAccepted: (session: SessionView) => void
}) {
  const accept = useAcceptInvitation()
  return (
    <Stack gap="md">
      {accept.isError && <ErrorNotice error={accept.error} title="The invitation was not accepted" />}
      <Button
        size="md"
        disabled={accept.isPending}
        onClick={() => accept.mutate({ token }, { onSuccess: onAccepted })}
      >
        {accept.isPending ? 'Joining…' : `Join ${legalName}`}
      </Button>
    </Stack>
  )
}
