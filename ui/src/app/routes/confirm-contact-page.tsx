import { Button } from '@mantine/core'
import { useRouteContext } from '@tanstack/react-router'
import { ErrorNotice } from '../../components/ui/error-notice.tsx'
import { Notice } from '../../components/ui/notice.tsx'
import { useConfirmContact } from '../../features/session/api/password-reset.ts'
import { dropLinkToken } from '../../lib/link-token.ts'
import { SignInLayout } from '../frame/sign-in-layout.tsx'

/** Shows the page of a link that confirms the address of a contact; opening it confirms nothing. */
export function ConfirmContactPage() {
  const { token = '' } = useRouteContext({ from: '/confirm-contact' })
  const confirm = useConfirmContact()
  return (
    <SignInLayout
      title="Confirm contact address"
      description="After this, you get emails about the certificates that name you as a contact."
    >
      {confirm.error !== null && <ErrorNotice error={confirm.error} title="Nothing was confirmed" />}
      {confirm.data === undefined ? (
        <Button
          size="md"
          disabled={confirm.isPending || token === ''}
          onClick={() => confirm.mutate(token, { onSuccess: () => dropLinkToken('/confirm-contact') })}
        >
          {confirm.isPending ? 'Confirming…' : 'Confirm address'}
        </Button>
      ) : (
        <Notice tone="good" title="Confirmed" announced>
          {confirm.data.email} gets emails about certificates of {confirm.data.legalName} from now on.
        </Notice>
      )}
    </SignInLayout>
  )
}
