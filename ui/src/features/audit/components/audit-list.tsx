import { IconHistory } from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { AuditEntryView } from '../../../../../src/contract/audit.ts'
import { ChangeList } from '../../../components/ui/change-list.tsx'
import type { Column } from '../../../components/ui/data-table.tsx'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { PagedTable } from '../../../components/ui/paged-table.tsx'
import { SearchInput } from '../../../components/ui/search-input.tsx'
import { ActorName } from '../../../lib/actor-name.tsx'
import { changeLines } from '../../../lib/change-lines.ts'
import { auditQuery } from '../api/list-audit.ts'
import classes from './audit-list.module.css'

const findSlugProblem = (text: string) =>
  /^[a-z0-9-]*$/.test(text) ? undefined : 'A slug has lowercase letters, digits and hyphens.'

/** Shows every row of the audit log, latest first. */
export function AuditList() {
  const [organization, setOrganization] = useState('')
  const query = useInfiniteQuery({ ...auditQuery(organization), placeholderData: keepPreviousData })
  return (
    <PagedTable
      query={query}
      what="the audit log"
      label="Audit log"
      columns={columns}
      keyOf={({ sequence }) => String(sequence)}
      filter={
        <SearchInput
          label="Filter by organization"
          placeholder="Slug of the organization"
          text={organization}
          findProblem={findSlugProblem}
          onSearch={setOrganization}
        />
      }
      empty={
        <EmptyState icon={<IconHistory size={24} />} title="No entries">
          <p>The audit log has no entries for this organization.</p>
        </EmptyState>
      }
    />
  )
}

const columns: Column<AuditEntryView>[] = [
  {
    label: 'What',
    cell: ({ type, data }) => (
      <code className={classes.action}>{'recordedAs' in data ? data.recordedAs : type}</code>
    ),
  },
  { label: 'When', cell: ({ time }) => <Moment at={time} /> },
  { label: 'By', cell: ({ actor, origin }) => <By actor={actor} origin={origin} /> },
  { label: 'Organization', cell: ({ organization }) => organization ?? '–' },
  { label: 'Details', cell: ({ data }) => <Details data={data} /> },
  { label: 'Row', cell: ({ sequence, hash }) => <span title={hash}>{sequence}</span>, align: 'end' },
]

function By({ actor, origin }: Pick<AuditEntryView, 'actor' | 'origin'>) {
  return (
    <>
      <ActorName actor={actor} /> from {origin}
    </>
  )
}

function Details({ data }: Pick<AuditEntryView, 'data'>) {
  const lines = changeLines(data.before, data.after)
  if (lines.length === 0) return '–'
  return (
    <div className={classes.details}>
      <ChangeList lines={lines} />
    </div>
  )
}
