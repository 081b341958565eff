import { Button } from '@mantine/core'
import { IconHistory } from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { AuditEntryView } from '../../../../../src/contract/audit.ts'
import { ChangeList } from '../../../components/ui/change-list.tsx'
import { CopyValue } from '../../../components/ui/copy-value.tsx'
import type { Column } from '../../../components/ui/data-table.tsx'
import { DescriptionItem, DescriptionList } from '../../../components/ui/description-list.tsx'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { MoreButton } from '../../../components/ui/more-button.tsx'
import { PagedTable } from '../../../components/ui/paged-table.tsx'
import { ActorName } from '../../../lib/actor-name.tsx'
import { changeLines } from '../../../lib/change-lines.ts'
import { changeSentence } from '../../../lib/change-sentences.ts'
import { auditQuery } from '../api/list-audit.ts'
import { type AuditSearch, toAuditFilter } from '../audit-search.ts'
import { AuditFilters } from './audit-filters.tsx'
import classes from './audit-list.module.css'

/** Shows the rows of the audit log that fit the filters, latest first. */
export function AuditList({
  search,
  onSearch,
}: {
  search: AuditSearch
  onSearch: (search: AuditSearch) => void
}) {
  const [open, setOpen] = useState<number | undefined>(undefined)
  const query = useInfiniteQuery({ ...auditQuery(toAuditFilter(search)), placeholderData: keepPreviousData })
  return (
    <PagedTable
      query={query}
      what="the audit log"
      label="Audit log"
      columns={columnsOf(open, setOpen)}
      keyOf={({ sequence }) => String(sequence)}
      below={(entry) => entry.sequence === open && <EntryDetails entry={entry} />}
      filter={<AuditFilters search={search} onSearch={onSearch} />}
      empty={
        <EmptyState
          icon={<IconHistory size={24} />}
          title="No entry fits these filters"
          action={
            <Button variant="default" onClick={() => onSearch({})}>
              Show all entries
            </Button>
          }
        >
          <p>The subject and the actor must be exact: an ID, an email address, or the name of a task.</p>
        </EmptyState>
      }
    />
  )
}

const columnsOf = (
  open: number | undefined,
  onOpen: (sequence: number | undefined) => void,
): Column<AuditEntryView>[] => [
  { label: 'What', cell: (entry) => <span className={classes.sentence}>{changeSentence(entry)}</span> },
  { label: 'When', cell: ({ time }) => <Moment at={time} /> },
  { label: 'By', cell: ({ actor }) => <ActorName actor={actor} /> },
  { label: 'Organization', cell: ({ organization }) => organization ?? '–' },
  {
    label: 'More',
    labelHidden: true,
    align: 'end',
    cell: ({ sequence }) => (
      <MoreButton
        what={`row ${sequence}`}
        isOpen={open === sequence}
        onToggle={() => onOpen(open === sequence ? undefined : sequence)}
      />
    ),
  },
]

function EntryDetails({ entry }: { entry: AuditEntryView }) {
  const { type, origin, subject, data, sequence, hash, actor } = entry
  const lines = changeLines(data.before, data.after)
  return (
    <div className={classes.details}>
      <DescriptionList columns={2}>
        <DescriptionItem label="Type">
          <code>{type === 'other' ? entry.data.recordedAs : type}</code>
        </DescriptionItem>
        <DescriptionItem label="From">{origin}</DescriptionItem>
        <DescriptionItem label="Subject">
          <CopyValue value={subject.id} what="the ID of the subject" />
        </DescriptionItem>
        <DescriptionItem label="Actor">{actor.id ?? actor.label}</DescriptionItem>
        <DescriptionItem label="Row">{sequence.toLocaleString('en')}</DescriptionItem>
        <DescriptionItem label="Hash">
          <CopyValue value={hash} what="the hash of the row" />
        </DescriptionItem>
      </DescriptionList>
      {lines.length > 0 && <ChangeList lines={lines} />}
    </div>
  )
}
