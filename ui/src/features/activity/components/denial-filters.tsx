import { DayRangeInput } from '../../../components/ui/day-range-input.tsx'
import type { DenialSearch } from '../denial-search.ts'
import classes from './activity-filters.module.css'
import { TraceIdFilter } from './trace-id-filter.tsx'

/** Filters denied requests by days and trace ID. */
export function DenialFilters({
  search,
  onSearch,
}: {
  search: DenialSearch
  onSearch: (search: DenialSearch) => void
}) {
  const set = (name: 'from' | 'to' | 'traceId') => (value: string) => {
    const { [name]: _, ...others } = search
    onSearch(value === '' ? others : { ...others, [name]: value })
  }
  return (
    <div className={classes.root}>
      <DayRangeInput value={search} onChange={(name, day) => set(name)(day)} />
      <TraceIdFilter text={search.traceId} onSearch={set('traceId')} />
    </div>
  )
}
