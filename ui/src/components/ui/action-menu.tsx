import { ActionIcon, Menu } from '@mantine/core'
import { IconDots } from '@tabler/icons-react'
import type { ReactNode } from 'react'

interface ActionMenuProps {
  /** The name of what the actions are for. */
  name: string
  /** Whether it stands among other buttons, not in a row of a table. */
  prominent?: boolean
  children: ReactNode
}

/** Shows a menu of the actions for something; its items are {@link MenuAction}. */
export function ActionMenu({ name, prominent = false, children }: ActionMenuProps) {
  const look = prominent
    ? ({ variant: 'default', size: 36 } as const)
    : ({ variant: 'subtle', color: 'gray' } as const)
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon {...look} aria-label={`Actions for ${name}`}>
          <IconDots size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>{children}</Menu.Dropdown>
    </Menu>
  )
}

interface MenuActionProps {
  icon: typeof IconDots
  danger?: boolean
  onClick: () => void
  children: ReactNode
}

/** One action of an {@link ActionMenu}. */
export function MenuAction({ icon: Icon, danger = false, onClick, children }: MenuActionProps) {
  return (
    <Menu.Item
      {...(danger ? { c: 'var(--bad)' } : {})}
      leftSection={<Icon size={16} aria-hidden />}
      onClick={onClick}
    >
      {children}
    </Menu.Item>
  )
}
