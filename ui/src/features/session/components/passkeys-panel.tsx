import { Button, Group, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { PasskeyChange, type PasskeyItem } from '../../../../../src/contract/passkey.ts'
import { ConfirmDialog } from '../../../components/ui/confirm-dialog.tsx'
import { type Column, DataTable } from '../../../components/ui/data-table.tsx'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { DialogForm } from '../../../components/ui/dialog-form.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { TableSkeleton } from '../../../components/ui/table-skeleton.tsx'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { passkeysQuery, useAddPasskey, useDeletePasskey, useRenamePasskey } from '../api/sign-in-methods.ts'

const columns: Column<PasskeyItem>[] = [
  { label: 'Name', cell: ({ name }) => <strong>{name}</strong> },
  { label: 'Kept', cell: ({ isSynced }) => (isSynced ? 'Synced between devices' : 'On one device') },
  { label: 'Created', cell: ({ createdAt }) => <Moment at={createdAt} /> },
  { label: 'Last used', cell: ({ lastUsedAt }) => <Moment at={lastUsedAt} /> },
  {
    label: 'Actions',
    labelHidden: true,
    align: 'end',
    cell: (passkey) => <PasskeyActions passkey={passkey} />,
  },
]

/** Shows the passkeys of the user, and adds, renames and deletes them. */
export function PasskeysPanel() {
  const query = useQuery(passkeysQuery)
  const add = useAddPasskey()
  const [isAdding, setAdding] = useState(false)
  const [name, setName] = useState('')
  const rows = query.data ?? []
  const close = () => {
    setAdding(false)
    setName('')
    add.reset()
  }
  return (
    <Panel
      title="Passkeys"
      description="A passkey signs you in without a password, and completes a sign-in with one. It is on your device, your security key or in your password manager."
      actions={<Button onClick={() => setAdding(true)}>Add passkey</Button>}
    >
      {query.isError && <ErrorNotice error={query.error} onRetry={query.refetch} />}
      {query.isPending && <TableSkeleton what="the passkeys" />}
      {query.isSuccess && rows.length === 0 && <p>You have no passkeys.</p>}
      {rows.length > 0 && <DataTable label="Passkeys" columns={columns} rows={rows} keyOf={({ id }) => id} />}
      {isAdding && (
        <Dialog opened onClose={close} title="Add passkey">
          <DialogForm
            action="Create passkey"
            busy="One moment…"
            keep="Cancel"
            call={add}
            onSubmit={(event) => {
              event.preventDefault()
              add.mutate(name.trim() || 'Passkey', { onSuccess: close })
            }}
            onClose={close}
          >
            <TextInput
              label="Name"
              description="For example the device that it is on."
              maxLength={80}
              data-autofocus
              value={name}
              onChange={({ target }) => setName(target.value)}
            />
          </DialogForm>
        </Dialog>
      )}
    </Panel>
  )
}

function PasskeyActions({ passkey }: { passkey: PasskeyItem }) {
  const [opened, setOpened] = useState<'rename' | 'delete' | null>(null)
  const remove = useDeletePasskey(passkey)
  const close = () => {
    setOpened(null)
    remove.reset()
  }
  return (
    <Group gap="xs" justify="flex-end" wrap="nowrap">
      <Button
        size="xs"
        variant="default"
        aria-label={`Rename ${passkey.name}`}
        onClick={() => setOpened('rename')}
      >
        Rename
      </Button>
      <Button
        size="xs"
        variant="default"
        aria-label={`Delete ${passkey.name}`}
        onClick={() => setOpened('delete')}
      >
        Delete
      </Button>
      {opened === 'rename' && <RenameDialog passkey={passkey} onClose={close} />}
      <ConfirmDialog
        opened={opened === 'delete'}
        title="Delete passkey"
        action="Delete passkey"
        keep="Keep passkey"
        danger
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate(undefined, { onSuccess: close })}
        onClose={close}
      >
        <p>
          <strong>{passkey.name}</strong> stops working immediately. Delete it from your device or password
          manager as well.
        </p>
      </ConfirmDialog>
    </Group>
  )
}

function RenameDialog({ passkey, onClose }: { passkey: PasskeyItem; onClose: () => void }) {
  const rename = useRenamePasskey(passkey)
  const { bind, submit } = useContractForm({
    schema: PasskeyChange,
    start: { name: passkey.name },
    toBody: (values) => values,
    error: rename.error,
  })
  return (
    <Dialog opened onClose={onClose} title="Rename passkey">
      <DialogForm
        action="Save name"
        busy="Saving…"
        keep="Cancel"
        call={rename}
        onSubmit={submit(({ name }) => rename.mutate(name, { onSuccess: onClose }))}
        onClose={onClose}
      >
        <TextInput label="Name" required withAsterisk={false} {...bind('name')} />
      </DialogForm>
    </Dialog>
  )
}
