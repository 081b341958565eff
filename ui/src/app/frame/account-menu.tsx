import { type MantineColorScheme, Menu, UnstyledButton, useMantineColorScheme } from '@mantine/core'
import { IconFingerprint, IconKey, IconLogout, IconUser } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { SessionView } from '../../../../src/contract/session.ts'
import { useSignOut } from '../../features/session/api/sign-out.ts'
import { signedOutHere } from '../leave-session.ts'
import classes from './account-menu.module.css'

const schemes: { value: MantineColorScheme; label: string }[] = [
  { value: 'auto', label: 'System' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
]

/** Shows the signed-in user, the color scheme and the sign-out button. */
export function AccountMenu({ session }: { session: SessionView }) {
  const navigate = useNavigate()
  const queries = useQueryClient()
  const signOut = useSignOut()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const leave = () => signOut.mutate(undefined, { onSuccess: () => signedOutHere(queries) })
  return (
    <Menu position="bottom-end" width={248}>
      <Menu.Target>
        <UnstyledButton className={classes.button} aria-label="Account">
          {initialsOf(session)}
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <div className={classes.who}>
          <strong>{session.name}</strong>
          <span>{session.email}</span>
        </div>
        <Menu.Divider />
        <Menu.Label>Color scheme</Menu.Label>
        <Menu.RadioGroup
          value={colorScheme}
          onChange={(value) => setColorScheme(value as MantineColorScheme)}
        >
          {schemes.map(({ value, label }) => (
            <Menu.RadioItem key={value} value={value}>
              {label}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item
          leftSection={<IconUser size={16} aria-hidden />}
          onClick={() => navigate({ to: '/account' })}
        >
          Your account
        </Menu.Item>
        <Menu.Item
          leftSection={<IconKey size={16} aria-hidden />}
          onClick={() => navigate({ to: '/change-password' })}
        >
          Change password
        </Menu.Item>
        <Menu.Item
          leftSection={<IconFingerprint size={16} aria-hidden />}
          onClick={() => navigate({ to: '/account/sign-in' })}
        >
          Sign-in methods
        </Menu.Item>
        <Menu.Item
          leftSection={<IconLogout size={16} aria-hidden />}
          closeMenuOnClick={false}
          disabled={signOut.isPending}
          onClick={leave}
        >
          {signOut.isError ? 'Not signed out. Try again' : 'Sign out'}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

const initialsOf = ({ name, email }: SessionView): string =>
  (name || email)
    .split(/[\s.@]+/)
    .slice(0, 2)
    .map((word) => [...word][0]?.toUpperCase() ?? '')
    .join('')
