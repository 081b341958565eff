import { NativeSelect } from '@mantine/core'
import { denialCodes } from '../../../../../src/contract/denial-codes.ts'
import { SearchInput } from '../../../components/ui/search-input.tsx'
import { denialTitle } from '../../../lib/denial-titles.ts'
import type { ActivitySearch } from '../activity-search.ts'
import classes from './activity-filters.module.css'

const causes = [...denialCodes]
  .map((value) => ({ value, label: denialTitle(value) }))
  .toSorted((a, b) => (a.label < b.label ? -1 : 1))

const findStatusProblem = (text: string) =>
  /^([1-5]\d\d)?$/.test(text) ? undefined : 'A status has three digits, such as 403.'
const findTraceProblem = (text: string) =>
  /^([0-9a-fA-F]{32})?$/.test(text.trim()) ? undefined : 'A trace ID has 32 digits from 0 to 9 and a to f.'

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
      <SearchInput
        label="Filter by trace ID"
        placeholder="Trace ID"
        text={search.traceId ?? ''}
        findProblem={findTraceProblem}
        onSearch={(text) => set('traceId')(text.toLowerCase())}
      />
    </div>
  )
}
