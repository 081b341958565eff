import { NativeSelect } from '@mantine/core'
import { denialCodes } from '../../../../../src/contract/denial-codes.ts'
import { SearchInput } from '../../../components/ui/search-input.tsx'
import { denialTitle } from '../../../lib/denial-titles.ts'
import type { ActivitySearch } from '../activity-search.ts'
import classes from './activity-filters.module.css'
import { TraceIdFilter } from './trace-id-filter.tsx'

const causes = [...denialCodes]
  .map((value) => ({ value, label: denialTitle(value) }))
  .toSorted((a, b) => (a.label < b.label ? -1 : 1))

const findStatusProblem = (text: string) =>
  /^([1-5]\d\d)?$/.test(text) ? undefined : 'A status has three digits, such as 403.'

/** Filters gateway events by certificate, cause, status and trace ID. */
export function ActivityFilters({
  search,
  onSearch,
}: {
  search: ActivitySearch
  onSearch: (search: ActivitySearch) => void
}) {
  const set = (name: 'certificate' | 'code' | 'status' | 'traceId') => (value: string) => {
    const { [name]: _, ...others } = search
    onSearch(value === '' ? others : { ...others, [name]: value })
  }
  return (
    <div className={classes.root}>
      <SearchInput
        label="Filter by certificate"
        placeholder="Certificate, such as acme-0001"
        text={search.certificate ?? ''}
        onSearch={set('certificate')}
      />
      <NativeSelect
        aria-label="Filter by cause"
        value={search.code ?? ''}
        onChange={({ currentTarget: { value } }) => set('code')(value)}
        data={[{ value: '', label: 'Every cause' }, ...causes]}
      />
      <SearchInput
        label="Filter by HTTP status"
        placeholder="HTTP status"
        text={search.status ?? ''}
        findProblem={findStatusProblem}
        onSearch={set('status')}
      />
      <TraceIdFilter text={search.traceId} onSearch={set('traceId')} />
    </div>
  )
}
