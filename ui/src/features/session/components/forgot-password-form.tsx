import { TextInput } from '@mantine/core'
import { PasswordResetRequest } from '../../../../../src/contract/account.ts'
import { Notice } from '../../../components/ui/notice.tsx'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { useRequestPasswordReset } from '../api/password-reset.ts'
import { SessionForm } from './session-form.tsx'

/** Shows the form that asks for an email with a link to choose a new password. */
export function ForgotPasswordForm() {
  const request = useRequestPasswordReset()
  const { bind, submit } = useContractForm({
    schema: PasswordResetRequest,
    start: { email: '' },
    toBody: ({ email }) => ({ email: email.trim() }),
    error: request.error,
  })
  if (request.isSuccess)
    return (
      <Notice tone="good" title="Check your emails" announced>
        If this address has an account, an email with a link is on its way. The link works once, for one hour.
        If no email comes, ask your admin or provider which address your account has.
      </Notice>
    )
  return (
    <SessionForm
      failure="No email was requested"
      action="Send link"
      busy="Sending…"
      call={request}
      onSubmit={submit((body) => request.mutate(body))}
    >
      <TextInput
        label="Email"
        type="email"
        autoComplete="username"
        size="md"
        required
        withAsterisk={false}
        autoFocus
        {...bind('email')}
      />
    </SessionForm>
  )
}
