import { Button } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import type { SessionSummary } from '../../../../../src/contract/account.ts'
import type { Column } from '../../../components/ui/data-table.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { PagedTable } from '../../../components/ui/paged-table.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { sessionsQuery, useEndSessions } from '../api/account.ts'

/** Shows the sessions of the user; each can be ended. */
export function SessionsPanel() {
  const query = useInfiniteQuery(sessionsQuery)
  const end = useEndSessions()
  return (
    <Panel
      title="Sessions"
      description="Where you are signed in. End a session that you do not recognize, and change your password."
      actions={
        <Button variant="default" disabled={end.isPending} onClick={() => end.mutate(undefined)}>
          End all other sessions
        </Button>
      }
      flush
    >
      {end.isError && <ErrorNotice error={end.error} title="The session was not ended" />}
      <PagedTable
        query={query}
        what="your sessions"
        label="Sessions"
        columns={listColumns((id) => end.mutate(id), end.isPending)}
        keyOf={({ id }) => id}
        empty={null}
      />
    </Panel>
  )
}

const listColumns = (onEnd: (id: string) => void, busy: boolean): Column<SessionSummary>[] => [
  { label: 'Device', cell: ({ device, isCurrent }) => (isCurrent ? `${device} (this session)` : device) },
  { label: 'Address', cell: ({ address }) => address ?? 'Unknown' },
  { label: 'Signed in', cell: ({ createdAt }) => <Moment at={createdAt} /> },
  { label: 'Last used', cell: ({ lastUsedAt }) => <Moment at={lastUsedAt} /> },
  {
    label: 'End',
    labelHidden: true,
    align: 'end',
    inCard: 'last',
    cell: ({ id, device, isCurrent }) =>
      isCurrent ? null : (
        <Button
          size="xs"
          variant="default"
          disabled={busy}
          aria-label={`End session of ${device}`}
          onClick={() => onEnd(id)}
        >
          End session
        </Button>
      ),
  },
]
