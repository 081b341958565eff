import { Button, Menu, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconChevronDown } from '@tabler/icons-react'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { downloadAddress } from '../api/download-address.ts'
import type { BrowserKey } from '../create-browser-key.ts'
import { type DownloadChoice, downloadChoices } from '../download-choices.ts'
import { Pkcs12Dialog } from './pkcs12-dialog.tsx'

interface DownloadMenuProps {
  id: string
  name: string
  /** The private key, if this page has made it. */
  browserKey?: BrowserKey | undefined
}

/** Shows every format in which a certificate can be downloaded, and which clients take it. */
export function DownloadMenu({ id, name, browserKey }: DownloadMenuProps) {
  const { params, environment } = useWorkspace()
  const [opened, { open, close }] = useDisclosure(false)
  const key = { organization: params.organization, certificateId: id }
  return (
    <>
      <Menu position="bottom-end" width={304}>
        <Menu.Target>
          <Button variant="default" rightSection={<IconChevronDown size={14} aria-hidden />}>
            All formats
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {downloadChoices(name, environment.serverCa !== null).map((choice) =>
            choice.form === 'pkcs12' ? (
              <Menu.Item key={choice.form} onClick={open}>
                <Choice {...choice} />
              </Menu.Item>
            ) : (
              <Menu.Item key={choice.form} component="a" href={downloadAddress(key, choice.form)} download>
                <Choice {...choice} />
              </Menu.Item>
            ),
          )}
        </Menu.Dropdown>
      </Menu>
      {opened && <Pkcs12Dialog certificate={{ id, name }} browserKey={browserKey} onClose={close} />}
    </>
  )
}

function Choice({ label, what }: DownloadChoice) {
  return (
    <>
      <Text size="sm" fw={550} style={{ overflowWrap: 'anywhere' }}>
        {label}
      </Text>
      <Text size="xs" c="dimmed">
        {what}
      </Text>
    </>
  )
}
