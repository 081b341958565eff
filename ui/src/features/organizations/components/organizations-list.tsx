import { TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconBuildings, IconSearch } from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { OrganizationView } from '../../../../../src/contract/session.ts'
import { type Column, DataTable } from '../../../components/ui/data-table.tsx'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { TextLink } from '../../../components/ui/links.tsx'
import { LoadMore } from '../../../components/ui/load-more.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { TableSkeleton } from '../../../components/ui/table-skeleton.tsx'
import { organizationsQuery } from '../api/list-organizations.ts'
import classes from './organizations-list.module.css'

const typingMilliseconds = 250

/** All organizations; each leads to its own pages, as an operator sees them. */
export function OrganizationsList({ text, onText }: { text: string; onText: (text: string) => void }) {
  const query = useInfiniteQuery({ ...organizationsQuery(text), placeholderData: keepPreviousData })
  const [typed, setTyped] = useState(text)
  const search = useDebouncedCallback(onText, typingMilliseconds)
  const rows = query.data?.pages.flatMap(({ items }) => items) ?? []
  if (query.isError) return <ErrorNotice error={query.error} onRetry={query.refetch} />
  return (
    <Panel flush>
      <div className={classes.filter}>
        <TextInput
          type="search"
          aria-label="Filter by text"
          placeholder="Name or slug"
          leftSection={<IconSearch size={16} aria-hidden />}
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value)
            search(event.currentTarget.value.trim())
          }}
        />
      </div>
      {query.isPending && <TableSkeleton what="the organizations" />}
      {query.isSuccess && rows.length === 0 && (
        <EmptyState icon={<IconBuildings size={24} />} title="No organization fits">
          <p>The text is looked for in legal names and slugs.</p>
        </EmptyState>
      )}
      {rows.length > 0 && (
        <DataTable
          label="Organizations"
          columns={columns}
          rows={rows}
          keyOf={({ slug }) => slug}
          busy={query.isPlaceholderData}
        />
      )}
      <LoadMore query={query} />
    </Panel>
  )
}

const columns: Column<OrganizationView>[] = [
  {
    label: 'Legal name',
    cell: ({ slug, legalName }) => (
      <TextLink className={classes.name ?? ''} to="/o/$organization" params={{ organization: slug }}>
        {legalName}
      </TextLink>
    ),
  },
  { label: 'Slug', cell: ({ slug }) => <code className={classes.slug}>{slug}</code> },
  { label: 'Country', cell: ({ country, state }) => [country, state].filter(Boolean).join(', ') },
  { label: 'Certificates', cell: ({ certificates }) => certificates.toLocaleString('en'), align: 'end' },
  { label: 'Credentials', cell: ({ credentials }) => credentials.toLocaleString('en'), align: 'end' },
  { label: 'Since', cell: ({ createdAt }) => <Moment at={createdAt} /> },
]
