import { Button, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import {
  NotificationSettings,
  type NotificationSettingsView,
} from '../../../../../src/contract/notification-settings.ts'
import { DescriptionItem, DescriptionList } from '../../../components/ui/description-list.tsx'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { DialogForm } from '../../../components/ui/dialog-form.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { TimeZoneSelect } from '../../../components/ui/time-zone-select.tsx'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import {
  notificationSettingsQuery,
  useSetNotificationSettings,
  useSetOwnSubscription,
} from '../api/notification-settings.ts'
import { describeTeamAddress } from '../notification-words.ts'
import classes from './notifications-table.module.css'

/** Shows the team address, the time zone and who has unsubscribed. `email` is that of a member who looks. */
export function SettingsPanel({ email }: { email: string | undefined }) {
  const { organization, mayAdminister } = useWorkspace()
  const { data: settings, error } = useQuery(notificationSettingsQuery(organization.slug))
  const [isEditing, setEditing] = useState(false)
  const close = () => setEditing(false)
  if (error !== null) return <ErrorNotice error={error} />
  if (settings === undefined) return null
  return (
    <Panel
      title="Recipients"
      description="Emails go to the contacts of each certificate first, then to the team address, then to the admins."
      actions={
        mayAdminister && (
          <Button variant="default" size="xs" onClick={() => setEditing(true)}>
            Edit
          </Button>
        )
      }
    >
      <DescriptionList columns={2}>
        <DescriptionItem label="Team address">
          <span className={classes.address}>{describeTeamAddress(settings)}</span>
        </DescriptionItem>
        <DescriptionItem label="Time zone">{settings.timeZone ?? 'UTC'}</DescriptionItem>
        <DescriptionItem label="Unsubscribed">
          <Unsubscribed settings={settings} />
        </DescriptionItem>
        {email !== undefined && (
          <DescriptionItem label="You">
            <OwnSubscription
              slug={organization.slug}
              isUnsubscribed={settings.unsubscribed.some((each) => each.email === email.toLowerCase())}
            />
          </DescriptionItem>
        )}
      </DescriptionList>
      <Dialog opened={isEditing} onClose={close} title="Edit recipients">
        <EditForm slug={organization.slug} settings={settings} onClose={close} />
      </Dialog>
    </Panel>
  )
}

function Unsubscribed({ settings: { unsubscribed } }: { settings: NotificationSettingsView }) {
  if (unsubscribed.length === 0) return 'Nobody'
  return (
    <span className={classes.about}>
      {unsubscribed.map(({ email }) => (
        <span key={email} className={classes.address}>
          {email}
        </span>
      ))}
    </span>
  )
}

function OwnSubscription({ slug, isUnsubscribed }: { slug: string; isUnsubscribed: boolean }) {
  const set = useSetOwnSubscription(slug)
  return (
    <span className={classes.own}>
      {isUnsubscribed ? 'You have unsubscribed.' : 'You get emails that are meant for you.'}
      {set.error !== null && <ErrorNotice error={set.error} title="Nothing was changed" />}
      <Button
        variant="default"
        size="xs"
        disabled={set.isPending}
        onClick={() => set.mutate(!isUnsubscribed)}
      >
        {isUnsubscribed ? 'Get emails again' : 'Unsubscribe'}
      </Button>
    </span>
  )
}

interface EditFormProps {
  slug: string
  settings: NotificationSettingsView
  onClose: () => void
}

function EditForm({ slug, settings, onClose }: EditFormProps) {
  const [edited] = useState(settings)
  const set = useSetNotificationSettings(slug, edited)
  const { bind, submit } = useContractForm({
    schema: NotificationSettings,
    start: { teamAddress: edited.teamAddress ?? '', timeZone: edited.timeZone ?? '' },
    toBody: ({ teamAddress, timeZone }) => ({
      teamAddress: teamAddress.trim() === '' ? null : teamAddress.trim(),
      timeZone: timeZone === '' ? null : timeZone,
    }),
    error: set.error,
  })
  return (
    <DialogForm
      action="Save changes"
      busy="Saving…"
      keep="Cancel"
      failure="The changes were not saved"
      call={set}
      onSubmit={submit((body) => set.mutate(body, { onSuccess: onClose }))}
      onClose={onClose}
    >
      <TextInput
        label="Team address"
        type="email"
        description="A mailbox that several people read. It is asked to confirm first."
        placeholder="May be left empty"
        {...bind('teamAddress')}
      />
      <TimeZoneSelect
        label="Time zone"
        description="Of dates in emails to addresses that have not chosen one."
        placeholder="UTC"
        {...bind('timeZone')}
      />
    </DialogForm>
  )
}
