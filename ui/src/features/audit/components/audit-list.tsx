import { TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconHistory, IconSearch } from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { AuditEntryView } from '../../../../../src/contract/audit.ts'
import { ChangeList } from '../../../components/ui/change-list.tsx'
import { type Column, DataTable } from '../../../components/ui/data-table.tsx'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { LoadMore } from '../../../components/ui/load-more.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { TableSkeleton } from '../../../components/ui/table-skeleton.tsx'
import { changeLines } from '../../../lib/change-lines.ts'
import { auditQuery } from '../api/list-audit.ts'
import classes from './audit-list.module.css'

const typingMilliseconds = 250
const slug = /^[a-z0-9-]*$/

/** Every row of the audit log, newest first. */
export function AuditList() {
  const [typed, setTyped] = useState('')
  const [organization, setOrganization] = useState('')
  const search = useDebouncedCallback(setOrganization, typingMilliseconds)
  const query = useInfiniteQuery({ ...auditQuery(organization), placeholderData: keepPreviousData })
  const rows = query.data?.pages.flatMap(({ items }) => items) ?? []
  if (query.isError) return <ErrorNotice error={query.error} onRetry={query.refetch} />
  return (
    <Panel flush>
      <div className={classes.filter}>
        <TextInput
          type="search"
          aria-label="Filter by organization"
          placeholder="Slug of an organization"
          leftSection={<IconSearch size={16} aria-hidden />}
          value={typed}
          error={slug.test(typed) ? undefined : 'A slug has small letters, digits and hyphens.'}
          onChange={({ currentTarget: { value } }) => {
            setTyped(value)
            if (slug.test(value)) search(value)
          }}
        />
      </div>
      {query.isPending && <TableSkeleton what="the audit log" />}
      {query.isSuccess && rows.length === 0 && (
        <EmptyState icon={<IconHistory size={24} />} title="Nothing recorded">
          <p>No change of this organization stands in the log.</p>
        </EmptyState>
      )}
      {rows.length > 0 && (
        <DataTable
          label="Audit log"
          columns={columns}
          rows={rows}
          keyOf={({ sequence }) => String(sequence)}
          busy={query.isPlaceholderData}
        />
      )}
      <LoadMore query={query} />
    </Panel>
  )
}

const columns: Column<AuditEntryView>[] = [
  { label: 'What', cell: ({ action }) => <code className={classes.action}>{action}</code> },
  { label: 'When', cell: ({ at }) => <Moment at={at} /> },
  { label: 'By', cell: ({ actor, origin }) => `${actor} from ${origin}` },
  { label: 'Organization', cell: ({ organization }) => organization ?? '–' },
  { label: 'Details', cell: ({ before, after }) => <Details before={before} after={after} /> },
  { label: 'Row', cell: ({ sequence, hash }) => <span title={hash}>{sequence}</span>, align: 'end' },
]

function Details({ before, after }: Pick<AuditEntryView, 'before' | 'after'>) {
  const lines = changeLines(before, after)
  if (lines.length === 0) return '–'
  return (
    <div className={classes.details}>
      <ChangeList lines={lines} />
    </div>
  )
}
