import { Button, Group, Stack } from '@mantine/core'
import { AccountChange, type AccountView } from '../../../../../src/contract/account.ts'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { TimeZoneSelect } from '../../../components/ui/time-zone-select.tsx'
import { browserTimeZone } from '../../../lib/time-zone-choices.ts'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { useUpdateAccount } from '../api/account.ts'

/** Shows the time zone of dates in emails, and offers that of the browser to a user who has chosen none. */
export function TimeZonePanel({ account }: { account: AccountView }) {
  const update = useUpdateAccount()
  const { bind, submit } = useContractForm({
    schema: AccountChange,
    start: { timeZone: account.timeZone ?? browserTimeZone() },
    toBody: ({ timeZone }) => ({ timeZone: timeZone === '' ? null : timeZone }),
    error: update.error,
  })
  return (
    <Panel title="Time zone" description="Emails to you have their dates in it, with UTC beside.">
      <form onSubmit={submit((body) => update.mutate(body))}>
        <Stack gap="md">
          {update.isError && <ErrorNotice error={update.error} title="The time zone was not changed" />}
          {update.isSuccess && (
            <Notice tone="good" announced>
              The time zone was saved.
            </Notice>
          )}
          {account.timeZone === null && !update.isSuccess && (
            <Notice tone="info">
              You have chosen none yet. This is the time zone of your browser: save it to use it.
            </Notice>
          )}
          <TimeZoneSelect label="Time zone" placeholder="UTC" {...bind('timeZone')} />
          <Group justify="flex-end">
            <Button type="submit" disabled={update.isPending}>
              {update.isPending ? 'Saving…' : 'Save time zone'}
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  )
}
