import { Button, Group, Select, Stack } from '@mantine/core'
import { useState } from 'react'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { DialogForm } from '../../../components/ui/dialog-form.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { SecretValue } from '../../../components/ui/secret-value.tsx'
import { useCreateCalendarFeed } from '../api/calendar-feeds.ts'

interface CreateCalendarFeedDialogProps {
  organization: string
  environments: readonly { name: string; label: string }[]
  environment: string
  opened: boolean
  onClose: () => void
}

/** Creates a calendar feed and shows its address once; closing the dialog drops it. */
export function CreateCalendarFeedDialog(props: CreateCalendarFeedDialogProps) {
  const { organization, environments, opened, onClose } = props
  const [environment, setEnvironment] = useState(props.environment)
  const [visible, setVisible] = useState(false)
  const create = useCreateCalendarFeed(organization)
  const close = () => {
    create.reset()
    setVisible(false)
    onClose()
  }
  return (
    <Dialog
      opened={opened}
      onClose={close}
      title={create.data ? 'Calendar feed' : 'New calendar feed'}
      insistent={create.data !== undefined}
    >
      {create.data ? (
        <Stack gap="md">
          <Notice tone="warn" title="Copy the address now">
            <p>
              The address is shown only once. Whoever has it can read names and expiry dates of your
              certificates, without signing in.
            </p>
          </Notice>
          <SecretValue
            label="Calendar address"
            value={create.data.address}
            visible={visible}
            onVisible={setVisible}
          />
          <p>In your calendar program, subscribe to a calendar from a URL and paste the address.</p>
          <Group justify="flex-end">
            <Button onClick={close}>I have copied the address</Button>
          </Group>
        </Stack>
      ) : (
        <DialogForm
          action="Create calendar feed"
          busy="Creating…"
          keep="Cancel"
          failure="The calendar feed was not created"
          call={create}
          onSubmit={(event) => {
            event.preventDefault()
            create.mutate(environment)
          }}
          onClose={close}
        >
          <Select
            label="Environment"
            allowDeselect={false}
            data-autofocus
            data={environments.map(({ name, label }) => ({ value: name, label }))}
            value={environment}
            onChange={(value) => setEnvironment(value ?? environment)}
          />
        </DialogForm>
      )}
    </Dialog>
  )
}
