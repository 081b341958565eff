import { IconBell } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import type { NotificationState, NotificationView } from '../../../../../src/contract/notification.ts'
import type { Column } from '../../../components/ui/data-table.tsx'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { TextLink } from '../../../components/ui/links.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { PagedTable } from '../../../components/ui/paged-table.tsx'
import { ToneBadge } from '../../../components/ui/tone-badge.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { notificationsQuery } from '../api/list-notifications.ts'
import { describeKind, describeRecipient, describeSilence, stateWords } from '../notification-words.ts'
import classes from './notifications-table.module.css'

const planned: NotificationState[] = ['planned']
const past: NotificationState[] = ['queued', 'sent', 'failed', 'skipped', 'withheld']
const maxShown = 3

/** Shows the emails that are planned, soonest first, or what became of the others, newest first. */
export function NotificationsTable({ which }: { which: 'planned' | 'past' }) {
  const { organization } = useWorkspace()
  const query = useInfiniteQuery(notificationsQuery(organization.slug, which === 'planned' ? planned : past))
  return (
    <PagedTable
      query={query}
      what="the notifications"
      label={which === 'planned' ? 'Planned emails' : 'Emails so far'}
      columns={which === 'planned' ? plannedColumns : pastColumns}
      keyOf={({ id, certificates, webhookCertificate }) =>
        id ?? webhookCertificate?.id ?? certificates[0]?.id ?? ''
      }
      empty={
        <EmptyState
          icon={<IconBell size={24} />}
          title={which === 'planned' ? 'Nothing is planned' : 'No emails yet'}
        >
          <p>
            {which === 'planned'
              ? 'Each certificate that is issued gets a plan of emails before it expires.'
              : 'Emails about certificates of this organization appear here for 90 days.'}
          </p>
        </EmptyState>
      }
    />
  )
}

const about: Column<NotificationView> = {
  label: 'About',
  cell: (row) => (
    <span className={classes.about}>
      <span>{describeKind(row)}</span>
      <Certificates of={row} />
      <WebhookCertificate of={row} />
      {row.silence !== null && <span className={classes.more}>{describeSilence(row)}</span>}
    </span>
  ),
}
const recipients: Column<NotificationView> = {
  label: 'To',
  cell: ({ recipients: all, unsubscribed }) =>
    all.length === 0 && unsubscribed.length === 0 ? (
      '–'
    ) : (
      <span className={classes.about}>
        {all.slice(0, maxShown).map((each) => (
          <span key={each.email} className={classes.address}>
            {describeRecipient(each)}
          </span>
        ))}
        {all.length > maxShown && <span className={classes.more}>{`and ${all.length - maxShown} more`}</span>}
        {unsubscribed.map((email) => (
          <span key={email} className={classes.more}>{`not to ${email} (unsubscribed)`}</span>
        ))}
      </span>
    ),
}
const when: Column<NotificationView> = { label: 'When', cell: ({ at }) => <Moment at={at} /> }
const state: Column<NotificationView> = {
  label: 'State',
  cell: (row) => <ToneBadge tone={stateWords[row.state].tone}>{stateWords[row.state].label}</ToneBadge>,
}
const plannedColumns = [about, recipients, when]
const pastColumns = [about, recipients, state, when]

function Certificates({ of: { certificates, certificateCount } }: { of: NotificationView }) {
  const { params } = useWorkspace()
  const more = certificateCount - Math.min(maxShown, certificates.length)
  return (
    <span className={classes.certificates}>
      {certificates.slice(0, maxShown).map(({ id, name, environment }) => (
        <TextLink
          key={id}
          to="/o/$organization/$environment/certificates/$certificateId"
          params={{ ...params, environment, certificateId: id }}
        >
          {name}
        </TextLink>
      ))}
      {certificates.length > 0 && more > 0 && <span className={classes.more}>{`and ${more} more`}</span>}
    </span>
  )
}

/** The webhook whose client certificate it is about; a link for those who may see webhooks. */
function WebhookCertificate({ of: { webhookCertificate: about } }: { of: NotificationView }) {
  const { params, mayWrite, mayAdminister } = useWorkspace()
  if (about === null) return null
  return (
    <span className={classes.certificates}>
      Client certificate of webhook{' '}
      {mayWrite || mayAdminister ? (
        <TextLink
          to="/o/$organization/$environment/webhooks/$webhookId"
          params={{ ...params, webhookId: about.webhookId }}
        >
          {about.webhookName}
        </TextLink>
      ) : (
        about.webhookName
      )}
    </span>
  )
}
