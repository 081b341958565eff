import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useRouteContext } from '@tanstack/react-router'
import { ErrorNotice } from '../../components/ui/error-notice.tsx'
import { TextLink } from '../../components/ui/links.tsx'
import { Notice } from '../../components/ui/notice.tsx'
import { linkQuery, useConfirmEmailChange } from '../../features/session/api/password-reset.ts'
import { dropLinkToken } from '../../lib/link-token.ts'
import { SignInLayout } from '../frame/sign-in-layout.tsx'

/** Shows the page of a link that confirms a new email address; opening it confirms nothing. */
export function ConfirmEmailPage() {
  const { token = '' } = useRouteContext({ from: '/confirm-email' })
  const { data: link, error } = useQuery(linkQuery(token))
  const confirm = useConfirmEmailChange()
  const problem = error ?? confirm.error
  return (
    <SignInLayout
      title="Confirm email address"
      description={
        link === undefined
          ? 'This page belongs to a link that works once.'
          : `The address of the account changes from ${link.email} to ${link.newEmail}.`
      }
    >
      {problem !== null && <ErrorNotice error={problem} title="Nothing was confirmed" />}
      {confirm.data !== undefined && (
        <Notice tone="good" title="Confirmed" announced>
          {confirm.data.isChanged
            ? `The new address is in use. Sign in with ${confirm.data.newEmail} from now on.`
            : 'The link in the email to the other address has to be confirmed too. Until then nothing changes.'}
        </Notice>
      )}
      {link !== undefined && confirm.data === undefined && (
        <Button
          size="md"
          disabled={confirm.isPending}
          onClick={() => confirm.mutate(token, { onSuccess: () => dropLinkToken('/confirm-email') })}
        >
          {confirm.isPending ? 'Confirming…' : 'Confirm address'}
        </Button>
      )}
      <p>
        <TextLink to="/">Go to the portal</TextLink>
      </p>
    </SignInLayout>
  )
}
