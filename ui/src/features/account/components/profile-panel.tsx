import { Button, Group, Stack, TextInput } from '@mantine/core'
import { AccountChange, type AccountView, EmailChangeRequest } from '../../../../../src/contract/account.ts'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { ButtonLink } from '../../../components/ui/links.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { useRequestEmailChange, useUpdateAccount } from '../api/account.ts'

/** Shows the name of the user, which can be changed. */
export function NamePanel({ account }: { account: AccountView }) {
  const update = useUpdateAccount()
  const { bind, submit } = useContractForm({
    schema: AccountChange,
    start: { name: account.name },
    toBody: (values) => values,
    error: update.error,
  })
  return (
    <Panel title="Name" description="Others see it beside what you do.">
      <form onSubmit={submit((body) => update.mutate(body))}>
        <Stack gap="md">
          {update.isError && <ErrorNotice error={update.error} title="The name was not changed" />}
          {update.isSuccess && (
            <Notice tone="good" announced>
              The name was saved.
            </Notice>
          )}
          <TextInput label="Name" autoComplete="name" maxLength={100} {...bind('name')} />
          <Group justify="flex-end">
            <Button type="submit" disabled={update.isPending}>
              {update.isPending ? 'Saving…' : 'Save name'}
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  )
}

/** Shows the email address and the form for another one. */
export function EmailPanel({ account }: { account: AccountView }) {
  const request = useRequestEmailChange()
  const { bind, submit } = useContractForm({
    schema: EmailChangeRequest,
    start: { newEmail: '' },
    toBody: ({ newEmail }) => ({ newEmail: newEmail.trim() }),
    error: request.error,
  })
  return (
    <Panel title="Email address" description={`You sign in as ${account.email}.`}>
      <form onSubmit={submit((body) => request.mutate(body))}>
        <Stack gap="md">
          {request.isError && <ErrorNotice error={request.error} title="The address was not changed" />}
          {account.newEmail !== null && (
            <Notice
              tone="info"
              title={`Waiting for the confirmation of ${account.newEmail}`}
              announced={request.isSuccess}
            >
              Each address gets an email with a link for 24 hours. The address changes when both are
              confirmed.
            </Notice>
          )}
          <TextInput label="New email address" type="email" autoComplete="email" {...bind('newEmail')} />
          <Group justify="flex-end">
            <Button type="submit" disabled={request.isPending}>
              {request.isPending ? 'Sending…' : 'Change address'}
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  )
}

/** Shows where the password is changed. */
export function PasswordPanel() {
  return (
    <Panel
      title="Password"
      description="Saving a new password ends your other sessions."
      actions={
        <ButtonLink to="/change-password" search={{ next: '/account' }} variant="default">
          Change password
        </ButtonLink>
      }
    >
      Use a password that you use nowhere else.
    </Panel>
  )
}
