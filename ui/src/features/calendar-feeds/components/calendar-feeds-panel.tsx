import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useInfiniteQuery } from '@tanstack/react-query'
import type { CalendarFeedView } from '../../../../../src/contract/calendar-feed.ts'
import { ConfirmDialog } from '../../../components/ui/confirm-dialog.tsx'
import { type Column, DataTable } from '../../../components/ui/data-table.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { LoadMore } from '../../../components/ui/load-more.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { TableSkeleton } from '../../../components/ui/table-skeleton.tsx'
import { calendarFeedsQuery, useDeleteCalendarFeed } from '../api/calendar-feeds.ts'
import { CreateCalendarFeedDialog } from './create-calendar-feed-dialog.tsx'

interface CalendarFeedsPanelProps {
  organization: string
  environments: readonly { name: string; label: string }[]
  /** The environment that is selected at first. */
  environment: string
  mayWrite: boolean
}

/** Shows the calendar feeds of an organization; developers and admins create and delete them. */
export function CalendarFeedsPanel(props: CalendarFeedsPanelProps) {
  const { organization, environments, mayWrite } = props
  const [opened, { open, close }] = useDisclosure(false)
  const query = useInfiniteQuery(calendarFeedsQuery(organization))
  const rows = query.data?.pages.flatMap(({ items }) => items) ?? []
  const labels = new Map(environments.map(({ name, label }) => [name, label]))
  const columns: Column<CalendarFeedView>[] = [
    { label: 'Environment', cell: ({ environment }) => labels.get(environment) ?? environment },
    { label: 'Created by', cell: ({ createdBy }) => createdBy },
    { label: 'Created', cell: ({ createdAt }) => <Moment at={createdAt} /> },
    { label: 'Last read', cell: ({ lastReadAt }) => <Moment at={lastReadAt} /> },
  ]
  const actions: Column<CalendarFeedView> = {
    label: 'Actions',
    labelHidden: true,
    align: 'end',
    cell: (feed) => (
      <DeleteFeed organization={organization} feed={feed} label={labels.get(feed.environment)} />
    ),
  }
  return (
    <Panel
      title="Calendar feeds"
      description="A calendar with the expiry date of each certificate, for any calendar program. A feed ends when the member who created it leaves."
      actions={
        mayWrite && (
          <Button variant="default" size="xs" onClick={open}>
            Create calendar feed
          </Button>
        )
      }
    >
      {query.isError && <ErrorNotice error={query.error} onRetry={query.refetch} />}
      {query.isPending && <TableSkeleton what="the calendar feeds" />}
      {query.isSuccess && rows.length === 0 && <p>No calendar feeds yet.</p>}
      {rows.length > 0 && (
        <DataTable
          label="Calendar feeds"
          columns={[...columns, ...(mayWrite ? [actions] : [])]}
          rows={rows}
          keyOf={({ id }) => id}
        />
      )}
      <LoadMore query={query} />
      <CreateCalendarFeedDialog {...props} opened={opened} onClose={close} />
    </Panel>
  )
}

function DeleteFeed({
  organization,
  feed,
  label = feed.environment,
}: {
  organization: string
  feed: CalendarFeedView
  label: string | undefined
}) {
  const [opened, { open, close }] = useDisclosure(false)
  const remove = useDeleteCalendarFeed(organization, feed.id)
  return (
    <>
      <Button
        variant="subtle"
        size="compact-sm"
        color="red"
        onClick={open}
        aria-label={`Delete the ${label} feed of ${feed.createdBy}`}
      >
        Delete
      </Button>
      <ConfirmDialog
        opened={opened}
        title="Delete calendar feed?"
        action="Delete calendar feed"
        keep="Cancel"
        danger
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate(undefined, { onSuccess: close })}
        onClose={close}
      >
        <p>
          Calendars that read the {label} feed of {feed.createdBy} get no further changes. This cannot be
          undone.
        </p>
      </ConfirmDialog>
    </>
  )
}
