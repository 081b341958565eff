import { Menu, UnstyledButton } from '@mantine/core'
import { IconArrowRight, IconSelector } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import type { SessionView } from '../../../../src/contract/session.ts'
import classes from './organization-switcher.module.css'

interface SwitcherProps {
  session: SessionView
  /** What is selected: a legal name, or the operator pages. */
  current: string
  /** The role of the user here. */
  as: string
}

/** Shows whose pages these are, and links to others if the user has any. */
export function OrganizationSwitcher({ session, current, as }: SwitcherProps) {
  const navigate = useNavigate()
  const choices = session.organizations.length + (session.operatorRole === null ? 0 : 1)
  const name = (
    <span className={classes.name}>
      <strong>{current}</strong>
      <span>{as}</span>
    </span>
  )
  if (choices < 2 && session.operatorRole === null) return <div className={classes.root}>{name}</div>
  return (
    <Menu position="bottom-start" width="target">
      <Menu.Target>
        <UnstyledButton className={classes.root}>
          {name}
          <IconSelector size={16} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {session.organizations.length > 0 && <Menu.Label>Your organizations</Menu.Label>}
        {session.organizations.map(({ slug, legalName, needsOtherSignIn }) => (
          <Menu.Item
            key={slug}
            onClick={() => navigate({ to: '/o/$organization', params: { organization: slug } })}
          >
            {legalName}
            {needsOtherSignIn && <span className={classes.note}>Needs another sign-in</span>}
          </Menu.Item>
        ))}
        {session.operatorRole !== null && (
          <Menu.Item
            rightSection={<IconArrowRight size={14} aria-hidden />}
            onClick={() => navigate({ to: '/operate' })}
          >
            Operate Postern
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
