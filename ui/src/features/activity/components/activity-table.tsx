import { useState } from 'react'
import type { ActivityView } from '../../../../../src/contract/activity.ts'
import { type Column, DataTable } from '../../../components/ui/data-table.tsx'
import { TextLink } from '../../../components/ui/links.tsx'
import { MoreButton } from '../../../components/ui/more-button.tsx'
import { ToneBadge } from '../../../components/ui/tone-badge.tsx'
import { denialTitle } from '../../../lib/denial-titles.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { groupRepeated, type RepeatedActivity } from '../group-repeated.ts'
import { ActivityDetails } from './activity-details.tsx'
import classes from './activity-table.module.css'
import { Repeats, RepeatTimes } from './repeats.tsx'

interface ActivityTableProps {
  rows: ActivityView[]
  /** The IDs of the rows that arrived while the page was open. */
  fresh?: ReadonlySet<string>
  /** Whether rows name their certificate, which the page of one certificate does not need. */
  withCertificate?: boolean
}

/** Shows gateway events; denied requests that repeat share a row. Each row expands to its details. */
export function ActivityTable({ rows, fresh, withCertificate = false }: ActivityTableProps) {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set())
  const toggle = (id: string) => {
    const next = new Set(open)
    if (!next.delete(id)) next.add(id)
    setOpen(next)
  }
  const columns: Column<RepeatedActivity>[] = [
    { label: 'What', cell: ({ newest }) => <ActivitySubject row={newest} /> },
    { label: 'Outcome', cell: ({ newest }) => <Outcome row={newest} /> },
    ...(withCertificate
      ? [{ label: 'Certificate', cell: ({ newest }: RepeatedActivity) => <Certificate row={newest} /> }]
      : []),
    {
      label: 'Client address',
      cell: ({ newest: { clientAddress } }) => <code className={classes.code}>{clientAddress}</code>,
      inCard: 'none',
    },
    {
      label: 'TLS',
      cell: ({ newest: { tlsVersion } }) => <span className={classes.version}>{tlsVersion ?? '–'}</span>,
      inCard: 'none',
    },
    { label: 'When', cell: (group) => <Repeats {...group} /> },
    {
      label: 'More',
      labelHidden: true,
      align: 'end',
      cell: ({ newest: { traceId }, ...group }) => (
        <MoreButton what={traceId} isOpen={open.has(idOf(group))} onToggle={() => toggle(idOf(group))} />
      ),
    },
  ]
  return (
    <DataTable
      label="Gateway events"
      columns={columns}
      rows={groupRepeated(rows)}
      keyOf={idOf}
      isFresh={({ newest }) => fresh?.has(newest.id) ?? false}
      below={(group) =>
        open.has(idOf(group)) && (
          <ActivityDetails activity={group.newest}>
            <RepeatTimes {...group} />
          </ActivityDetails>
        )
      }
    />
  )
}

/** The oldest event names a row: it stays the same while newer ones arrive. */
const idOf = ({ rows }: Pick<RepeatedActivity, 'rows'>): string => rows.at(-1)?.id ?? ''

const kinds = { connection: 'Connection', token: 'Token request', call: 'Call' }

function ActivitySubject({ row: { kind, method, path } }: { row: ActivityView }) {
  return (
    <span className={classes.what}>
      <strong>{kinds[kind]}</strong>
      {path && <code className={classes.code}>{`${method ?? ''} ${path}`.trim()}</code>}
    </span>
  )
}

function Outcome({ row: { outcome, status, code, unenforcedCode, identityProven } }: { row: ActivityView }) {
  const passed = <ToneBadge tone="good">{status === null ? 'Let in' : `OK ${status}`}</ToneBadge>
  if (outcome === 'allowed' && unenforcedCode === null) return passed
  if (outcome === 'allowed')
    return (
      <span className={classes.outcome}>
        {passed}
        <span className={classes.cause}>Would be denied: {denialTitle(unenforcedCode)}</span>
      </span>
    )
  return (
    <span className={classes.outcome}>
      <ToneBadge tone="bad">{status === null ? 'Denied' : `Denied ${status}`}</ToneBadge>
      {!identityProven && (
        <ToneBadge tone="warn" dot="half">
          Unproven
        </ToneBadge>
      )}
      <span className={classes.cause}>{denialTitle(code)}</span>
    </span>
  )
}

function Certificate({ row: { certificate } }: { row: ActivityView }) {
  const { params } = useWorkspace()
  if (certificate === null) return <span>–</span>
  return (
    <span className={classes.name}>
      <TextLink
        to="/o/$organization/$environment/certificates/$certificateId"
        params={{ ...params, certificateId: certificate.id }}
        search={{ tab: 'activity' }}
      >
        {certificate.name}
      </TextLink>
    </span>
  )
}
