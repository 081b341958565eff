import { Button, Group } from '@mantine/core'
import { useState } from 'react'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { useDownloadData, useEraseOwnAccount } from '../api/privacy.ts'
import { EraseDialog } from './erase-dialog.tsx'

interface OwnDataPanelProps {
  email: string
  mayDownload: boolean
  /** Called after the account was erased. */
  onErased: () => void
}

/** Shows where users get what is kept about them, and erase their account. */
export function OwnDataPanel({ email, mayDownload, onErased }: OwnDataPanelProps) {
  const download = useDownloadData()
  const erase = useEraseOwnAccount()
  const [isOpen, setOpen] = useState(false)
  const close = () => {
    setOpen(false)
    erase.reset()
  }
  return (
    <Panel
      title="Your data"
      description="Everything that is kept about you, as a JSON file: your account, memberships, sessions, keys, emails and what you did."
    >
      {download.isError && <ErrorNotice error={download.error} title="The data was not downloaded" />}
      <Group justify="flex-end">
        <Button color="red" variant="outline" onClick={() => setOpen(true)}>
          Erase account
        </Button>
        {mayDownload && (
          <Button variant="default" disabled={download.isPending} onClick={() => download.mutate(undefined)}>
            {download.isPending ? 'Collecting…' : 'Download my data'}
          </Button>
        )}
      </Group>
      <EraseDialog
        title="Erase your account"
        action="Erase account"
        email={isOpen ? email : undefined}
        effect="Your account, memberships, API keys and sign-in methods are deleted, and you are signed out."
        call={erase}
        onErase={() => erase.mutate(undefined, { onSuccess: onErased })}
        onClose={close}
      />
    </Panel>
  )
}
