import { Button, PasswordInput, Stack, TextInput } from '@mantine/core'
import { InvitationAcceptance, type InvitationPreview } from '../../../../../src/contract/invitation.ts'
import type { SessionView } from '../../../../../src/contract/session.ts'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { useAcceptInvitation } from '../api/accept-invitation.ts'

const Form = InvitationAcceptance.required()
const minCharacters = InvitationAcceptance.shape.password.unwrap().minLength ?? 1

interface NewUserFormProps {
  token: string
  invitation: InvitationPreview
  onAccepted: (session: SessionView) => void
}

/** Accepts an invitation as a new user, with a name and a password. */
export function NewUserForm({ token, invitation, onAccepted }: NewUserFormProps) {
  const accept = useAcceptInvitation()
  const { bind, submit } = useContractForm({
    schema: Form,
    start: { name: '', password: '' },
    toBody: (values) => ({ ...values, token }),
    error: accept.error,
  })
  return (
    <form onSubmit={submit((body) => accept.mutate(body, { onSuccess: onAccepted }))}>
      <Stack gap="md">
        {accept.isError && <ErrorNotice error={accept.error} title="The invitation was not accepted" />}
        <TextInput label="Email" size="md" autoComplete="username" readOnly value={invitation.email} />
        <TextInput
          label="Name"
          size="md"
          autoComplete="name"
          required
          withAsterisk={false}
          autoFocus
          {...bind('name')}
        />
        <PasswordInput
          label="Password"
          description={`At least ${minCharacters} characters. Four or five random words are easy to remember and hard to guess.`}
          autoComplete="new-password"
          size="md"
          required
          withAsterisk={false}
          {...bind('password')}
        />
        <Button type="submit" size="md" disabled={accept.isPending} mt="xs">
          {accept.isPending ? 'Joining…' : 'Create account and join'}
        </Button>
      </Stack>
    </form>
  )
}
