import { IconShieldX } from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { DenialRange, DenialView } from '../../../../../src/contract/denial.ts'
import { type Column, DataTable } from '../../../components/ui/data-table.tsx'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { TextLink } from '../../../components/ui/links.tsx'
import { LoadMore } from '../../../components/ui/load-more.tsx'
import { MoreButton } from '../../../components/ui/more-button.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { TableSkeleton } from '../../../components/ui/table-skeleton.tsx'
import { ToneBadge } from '../../../components/ui/tone-badge.tsx'
import { toMoments } from '../../../lib/day-range.ts'
import { denialTitle } from '../../../lib/denial-titles.ts'
import { denialsQuery } from '../api/list-denials.ts'
import type { DenialSearch } from '../denial-search.ts'
import { groupRepeated, type RepeatedActivity } from '../group-repeated.ts'
import { DenialDetails } from './denial-details.tsx'
import { DenialFilters } from './denial-filters.tsx'
import classes from './denials-list.module.css'
import { Repeats, RepeatTimes } from './repeats.tsx'

/** Shows the stored denied requests, latest first; each expands to its details. */
export function DenialsList({
  search,
  range,
  onSearch,
}: {
  search: DenialSearch
  range: DenialRange
  onSearch: (search: DenialSearch) => void
}) {
  const query = useInfiniteQuery({
    ...denialsQuery(toFilter(search)),
    placeholderData: keepPreviousData,
  })
  const [open, setOpen] = useState<string | undefined>(undefined)
  const rows = query.data?.pages.flatMap(({ items }) => items) ?? []
  const isFiltered = Object.keys(search).length > 0
  return (
    <Panel
      title="Newest"
      description={describe(search)}
      flush
      actions={
        isFiltered && (
          <TextLink size="sm" to="/operate/denials" search={{ range }}>
            Show all
          </TextLink>
        )
      }
    >
      <DenialFilters search={search} onSearch={onSearch} />
      {query.isError && <ErrorNotice error={query.error} onRetry={query.refetch} />}
      {query.isPending && <TableSkeleton rows={8} what="the denied requests" />}
      {query.isSuccess && rows.length === 0 && (
        <EmptyState
          icon={<IconShieldX size={24} />}
          title={isFiltered ? 'No denied request matches' : 'No request was denied'}
        >
          <p>
            Postern keeps the latest 200 events of each certificate, the latest 1,000 that are tied to no
            organization, and of each organization the latest 50 that are unproven.
          </p>
        </EmptyState>
      )}
      {rows.length > 0 && (
        <DataTable
          label="Denied requests"
          columns={columnsOf(search, range, open, setOpen)}
          rows={groupRepeated(rows)}
          keyOf={idOf}
          below={(group) =>
            idOf(group) === open && (
              <DenialDetails refusal={group.newest}>
                <RepeatTimes {...group} />
              </DenialDetails>
            )
          }
          busy={query.isPlaceholderData}
        />
      )}
      <LoadMore query={query} />
    </Panel>
  )
}

const toFilter = ({ from, to, ...others }: DenialSearch) => ({ ...others, ...toMoments({ from, to }) })

function describe({ code, environment, organization }: DenialSearch): string {
  const parts = [code && denialTitle(code), environment, organization].filter(Boolean)
  return parts.length === 0
    ? 'Of all organizations and of unidentified clients.'
    : `Only: ${parts.join(', ')}.`
}

type Denials = RepeatedActivity<DenialView>

/** The oldest event names a row: it stays the same while newer ones arrive. */
const idOf = ({ rows }: Pick<Denials, 'rows'>): string => rows.at(-1)?.id ?? ''

const kinds = { connection: 'Connection', token: 'Token request', call: 'Call' }

function columnsOf(
  search: DenialSearch,
  range: DenialRange,
  open: string | undefined,
  onOpen: (id: string | undefined) => void,
): Column<Denials>[] {
  return [
    {
      label: 'Why',
      cell: ({ newest: { code, kind } }) => (
        <span className={classes.why}>
          <strong>{denialTitle(code)}</strong>
          <span>{kinds[kind]}</span>
        </span>
      ),
    },
    {
      label: 'Whose',
      cell: ({ newest: { organization, identityProven } }) =>
        organization === null ? (
          'An unidentified client'
        ) : (
          <span className={classes.whose}>
            <TextLink to="/operate/denials" search={{ ...search, range, organization: organization.slug }}>
              {organization.legalName}
            </TextLink>
            {!identityProven && (
              <ToneBadge tone="warn" dot="half">
                Unproven
              </ToneBadge>
            )}
          </span>
        ),
    },
    {
      label: 'Environment',
      cell: ({ newest: { environment } }) => (
        <TextLink to="/operate/denials" search={{ ...search, range, environment }}>
          {environment}
        </TextLink>
      ),
    },
    {
      label: 'From',
      cell: ({ newest: { clientAddress } }) => <code className={classes.code}>{clientAddress}</code>,
    },
    { label: 'When', cell: (group) => <Repeats {...group} /> },
    {
      label: 'More',
      labelHidden: true,
      align: 'end',
      cell: ({ newest: { traceId }, ...group }) => (
        <MoreButton
          what={traceId}
          isOpen={open === idOf(group)}
          onToggle={() => onOpen(open === idOf(group) ? undefined : idOf(group))}
        />
      ),
    },
  ]
}
