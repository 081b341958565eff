import { IconBuildings } from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import type { Column } from '../../../components/ui/data-table.tsx'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { TextLink } from '../../../components/ui/links.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { PagedTable } from '../../../components/ui/paged-table.tsx'
import { SearchInput } from '../../../components/ui/search-input.tsx'
import { type ListedOrganization, organizationsQuery } from '../api/list-organizations.ts'
import classes from './organizations-list.module.css'

/** Shows all organizations; each links to its own pages, as an operator sees them. */
export function OrganizationsList({ text, onText }: { text: string; onText: (text: string) => void }) {
  const query = useInfiniteQuery({ ...organizationsQuery(text), placeholderData: keepPreviousData })
  return (
    <PagedTable
      query={query}
      what="the organizations"
      label="Organizations"
      columns={columns}
      keyOf={({ slug }) => slug}
      filter={<SearchInput label="Filter by text" placeholder="Name or slug" text={text} onSearch={onText} />}
      empty={
        <EmptyState icon={<IconBuildings size={24} />} title="No organization matches">
          <p>Postern searches legal names and slugs.</p>
        </EmptyState>
      }
    />
  )
}

const columns: Column<ListedOrganization>[] = [
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
  {
    label: 'Certificates',
    cell: ({ use }) => use?.certificateCount.toLocaleString('en'),
    align: 'end',
  },
  { label: 'Credentials', cell: ({ use }) => use?.credentialCount.toLocaleString('en'), align: 'end' },
  { label: 'Since', cell: ({ createdAt }) => <Moment at={createdAt} /> },
]
