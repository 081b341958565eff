import { Button, Menu, Text } from '@mantine/core'
import { IconChevronDown } from '@tabler/icons-react'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { downloadAddress } from '../api/download-address.ts'
import { downloadChoices } from '../download-choices.ts'

/** Shows every format in which a certificate can be downloaded. */
export function DownloadMenu({ id, name }: { id: string; name: string }) {
  const { params, environment } = useWorkspace()
  const key = { organization: params.organization, certificateId: id }
  return (
    <Menu position="bottom-end" width={304}>
      <Menu.Target>
        <Button variant="default" rightSection={<IconChevronDown size={14} aria-hidden />}>
          All formats
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {downloadChoices(name, environment.serverCa !== null).map(({ form, label, what }) => (
          <Menu.Item key={form} component="a" href={downloadAddress(key, form)} download>
            <Text size="sm" fw={550} style={{ overflowWrap: 'anywhere' }}>
              {label}
            </Text>
            <Text size="xs" c="dimmed">
              {what}
            </Text>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
