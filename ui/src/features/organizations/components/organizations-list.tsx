import { NativeSelect } from '@mantine/core'
import { IconBuildings } from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { type OrganizationStatus, organizationStatuses } from '../../../../../src/contract/organization.ts'
import type { Column } from '../../../components/ui/data-table.tsx'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { TextLink } from '../../../components/ui/links.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { PagedTable } from '../../../components/ui/paged-table.tsx'
import { SearchInput } from '../../../components/ui/search-input.tsx'
import { useOrganizationWord } from '../../../lib/organization-word.ts'
import { type ListedOrganization, organizationsQuery } from '../api/list-organizations.ts'
import { OrganizationStatusBadge } from './organization-status.tsx'
import classes from './organizations-list.module.css'

interface OrganizationsSearch {
  text: string
  status: OrganizationStatus | undefined
}

const statusNames = { active: 'Active', suspended: 'Suspended', closed: 'Closed' }
const statusChoices = [
  { value: '', label: 'Every status' },
  ...organizationStatuses.map((value) => ({ value, label: statusNames[value] })),
]

/** Shows all organizations; each links to its page. */
export function OrganizationsList({
  onSearch,
  ...search
}: OrganizationsSearch & { onSearch: (search: OrganizationsSearch) => void }) {
  const { text, status } = search
  const { singular, plural } = useOrganizationWord()
  const isFiltered = text !== '' || status !== undefined
  const query = useInfiniteQuery({ ...organizationsQuery(text, status), placeholderData: keepPreviousData })
  const filter = (
    <>
      <SearchInput
        label="Filter by text"
        placeholder="Name or slug"
        text={text}
        onSearch={(next) => onSearch({ ...search, text: next })}
      />
      <NativeSelect
        aria-label="Filter by status"
        data={statusChoices}
        value={status ?? ''}
        onChange={({ currentTarget: { value } }) =>
          onSearch({ ...search, status: organizationStatuses.find((one) => one === value) })
        }
      />
    </>
  )
  return (
    <PagedTable
      query={query}
      what="the organizations"
      label="Organizations"
      columns={columns}
      keyOf={({ slug }) => slug}
      filter={filter}
      empty={
        isFiltered ? (
          <EmptyState icon={<IconBuildings size={24} />} title={`No ${singular} matches`}>
            <p>Postern searches legal names and slugs.</p>
          </EmptyState>
        ) : (
          <EmptyState icon={<IconBuildings size={24} />} title={`No ${plural} yet`}>
            <p>Create the first one, then invite its admin on its page Team.</p>
          </EmptyState>
        )
      }
    />
  )
}

const columns: Column<ListedOrganization>[] = [
  {
    label: 'Legal name',
    cell: ({ slug, legalName }) => (
      <TextLink
        className={classes.name ?? ''}
        to="/operate/organizations/$organization"
        params={{ organization: slug }}
      >
        {legalName}
      </TextLink>
    ),
  },
  { label: 'Slug', cell: ({ slug }) => <code className={classes.slug}>{slug}</code> },
  { label: 'Status', cell: ({ status }) => <OrganizationStatusBadge status={status} /> },
  { label: 'Country', cell: ({ country, state }) => [country, state].filter(Boolean).join(', ') },
  {
    label: 'Certificates',
    cell: ({ use }) => use?.certificateCount.toLocaleString('en'),
    align: 'end',
  },
  { label: 'Credentials', cell: ({ use }) => use?.credentialCount.toLocaleString('en'), align: 'end' },
  { label: 'Members', cell: ({ use }) => use?.memberCount.toLocaleString('en'), align: 'end' },
  { label: 'Since', cell: ({ createdAt }) => <Moment at={createdAt} /> },
]
