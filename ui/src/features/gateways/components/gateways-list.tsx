import { IconServer } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { GatewayView } from '../../../../../src/contract/gateway.ts'
import { type Column, DataTable } from '../../../components/ui/data-table.tsx'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { TableSkeleton } from '../../../components/ui/table-skeleton.tsx'
import { type Tone, ToneBadge } from '../../../components/ui/tone-badge.tsx'
import { gatewaysQuery } from '../api/list-gateways.ts'
import { StoreRestores } from './store-restores.tsx'

/** Shows every gateway process of the last day: whether it runs, its load, and its lag. */
export function GatewaysList() {
  const query = useQuery(gatewaysQuery)
  if (query.isError) return <ErrorNotice error={query.error} onRetry={query.refetch} />
  const rows = query.data?.items ?? []
  return (
    <>
      <StoreRestores returns={query.data?.storeRestores ?? []} />
      <Panel flush>
        {query.isPending && <TableSkeleton what="the gateways" />}
        {query.isSuccess && rows.length === 0 && (
          <EmptyState icon={<IconServer size={24} />} title="No gateway has reported yet">
            <p>A running gateway reports every five seconds. Start a gateway, or check its log.</p>
          </EmptyState>
        )}
        {rows.length > 0 && (
          <DataTable label="Gateways" columns={columns} rows={rows} keyOf={({ id }) => id} />
        )}
      </Panel>
    </>
  )
}

const states: Record<GatewayView['state'], { tone: Tone; dot: 'full' | 'half' | 'empty'; word: string }> = {
  running: { tone: 'good', dot: 'full', word: 'Running' },
  not_reporting: { tone: 'bad', dot: 'half', word: 'Not reporting' },
  stopped: { tone: 'neutral', dot: 'empty', word: 'Stopped' },
}

const columns: Column<GatewayView>[] = [
  { label: 'Process', cell: ({ host, processId }) => `${host}, process ${processId}` },
  {
    label: 'State',
    cell: ({ state }) => (
      <ToneBadge tone={states[state].tone} dot={states[state].dot}>
        {states[state].word}
      </ToneBadge>
    ),
  },
  { label: 'Lag', cell: changesText },
  { label: 'Records', cell: recordsText },
  { label: 'Clock', cell: clockText },
  { label: 'Connections', cell: ({ connections }) => connections.toLocaleString('en'), align: 'end' },
  {
    label: 'Handshakes',
    cell: ({ handshakes }) => handshakes.toLocaleString('en'),
    align: 'end',
    inCard: 'none',
  },
  { label: 'Answers', cell: ({ responses }) => responses.toLocaleString('en'), align: 'end' },
  { label: 'Last seen', cell: ({ lastSeenAt }) => <Moment at={lastSeenAt} /> },
  { label: 'Started', cell: ({ startedAt }) => <Moment at={startedAt} /> },
  { label: 'Release', cell: ({ release }) => release, inCard: 'none' },
]

/**
 * More than the time that writing takes; from one minute on, other gateways deny the tokens of such a
 * gateway.
 */
const clockLeewaySeconds = 10

/** Shows the difference between the clock of the process and that of the store. */
function clockText({ clockOffsetMilliseconds: clockOffsetMs, state }: GatewayView): string {
  if (state === 'stopped') return '–'
  const seconds = Math.round(clockOffsetMs / 1000)
  if (Math.abs(seconds) < clockLeewaySeconds) return 'Correct'
  return `${Math.abs(seconds).toLocaleString('en')} s ${seconds > 0 ? 'ahead' : 'behind'}`
}

function changesText({ unconfirmedChanges, state }: GatewayView): string {
  if (state === 'stopped') return '–'
  return unconfirmedChanges === 0 ? 'Up to date' : `${unconfirmedChanges.toLocaleString('en')} behind`
}

/**
 * Shows the events that the process has not written yet, and those that were lost; its request counts are
 * complete.
 */
function recordsText({
  state,
  writeLagMilliseconds: lagMs,
  queuedRecords,
  droppedRecords,
  rejectedRows,
}: GatewayView): string {
  const seconds = Math.round(lagMs / 1000)
  const texts = [
    seconds > 0 && `${queuedRecords.toLocaleString('en')} waiting, ${seconds.toLocaleString('en')} s behind`,
    rejectedRows > 0 && `${rejectedRows.toLocaleString('en')} rejected`,
    droppedRecords > 0 && `${droppedRecords.toLocaleString('en')} dropped`,
  ].filter(Boolean)
  if (texts.length > 0) return texts.join(', ')
  return state === 'running' ? 'All written' : '–'
}
