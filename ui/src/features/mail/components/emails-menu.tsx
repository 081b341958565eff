import { ActionIcon, Indicator, Menu } from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import { IconBell } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Moment } from '../../../components/ui/moment.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { ownEmailsQuery } from '../api/own-emails.ts'
import classes from './emails-menu.module.css'

const shown = 6

/** Shows the latest emails to the signed-in user. Unread are those that arrived after the menu was last opened here. */
export function EmailsMenu() {
  const { params } = useWorkspace()
  const navigate = useNavigate()
  const { data } = useInfiniteQuery(ownEmailsQuery)
  // Identifiers grow with time.
  const [readId, setReadId] = useLocalStorage({
    key: 'postern.emails-read',
    defaultValue: '',
    getInitialValueInEffect: false,
  })
  const emails = data?.pages[0]?.items ?? []
  const unread = emails.filter(({ id }) => id > readId).length
  return (
    <Menu position="bottom-end" width={320} onOpen={() => emails[0] && setReadId(emails[0].id)}>
      <Indicator label={unread} size={16} disabled={unread === 0} offset={4}>
        <Menu.Target>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={unread === 0 ? 'Emails' : `Emails, ${unread} unread`}
          >
            <IconBell size={20} stroke={1.6} />
          </ActionIcon>
        </Menu.Target>
      </Indicator>
      <Menu.Dropdown>
        <Menu.Label>Emails to you</Menu.Label>
        {emails.slice(0, shown).map(({ id, subject, createdAt }) => (
          <Menu.Item
            key={id}
            onClick={() =>
              navigate({
                to: '/o/$organization/$environment/emails/$emailId',
                params: { ...params, emailId: id },
              })
            }
          >
            <span className={classes.subject}>{subject}</span>
            <span className={classes.when}>
              <Moment at={createdAt} />
            </span>
          </Menu.Item>
        ))}
        {emails.length === 0 && <p className={classes.none}>No emails yet</p>}
        <Menu.Divider />
        <Menu.Item onClick={() => navigate({ to: '/o/$organization/$environment/emails', params })}>
          All emails
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
