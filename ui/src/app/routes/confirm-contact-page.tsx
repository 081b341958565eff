import { Button, Stack } from '@mantine/core'
import { useRouteContext } from '@tanstack/react-router'
import { useState } from 'react'
import { ErrorNotice } from '../../components/ui/error-notice.tsx'
import { Notice } from '../../components/ui/notice.tsx'
import { TimeZoneSelect } from '../../components/ui/time-zone-select.tsx'
import { useConfirmContact } from '../../features/session/api/password-reset.ts'
import { dropLinkToken } from '../../lib/link-token.ts'
import { browserTimeZone } from '../../lib/time-zone-choices.ts'
import { SignInLayout } from '../frame/sign-in-layout.tsx'

/** Shows the page of a link that confirms the address of a contact; opening it confirms nothing. */
export function ConfirmContactPage() {
  const { token = '' } = useRouteContext({ from: '/confirm-contact' })
  const confirm = useConfirmContact()
  const [timeZone, setTimeZone] = useState(browserTimeZone)
  return (
    <SignInLayout
      title="Confirm contact address"
      description="After this, you get emails about the certificates that name you as a contact."
    >
      {confirm.error !== null && <ErrorNotice error={confirm.error} title="Nothing was confirmed" />}
      {confirm.data === undefined ? (
        <Stack gap="md">
          <TimeZoneSelect
            label="Time zone"
            description="Emails to you have their dates in it, with UTC beside."
            placeholder="UTC"
            value={timeZone}
            onChange={(zone) => setTimeZone(String(zone))}
            onBlur={() => {}}
          />
          <Button
            size="md"
            disabled={confirm.isPending || token === ''}
            onClick={() =>
              confirm.mutate(
                { token, ...(timeZone !== '' && { timeZone }) },
                { onSuccess: () => dropLinkToken('/confirm-contact') },
              )
            }
          >
            {confirm.isPending ? 'Confirming…' : 'Confirm address'}
          </Button>
        </Stack>
      ) : (
        <Notice tone="good" title="Confirmed" announced>
          {confirm.data.email} gets emails about certificates of {confirm.data.legalName} from now on.
        </Notice>
      )}
    </SignInLayout>
  )
}
