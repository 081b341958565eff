import { NativeSelect } from '@mantine/core'
import { DayRangeInput } from '../../../components/ui/day-range-input.tsx'
import { SearchInput } from '../../../components/ui/search-input.tsx'
import { changeTypeChoices } from '../../../lib/change-sentences.ts'
import type { AuditSearch } from '../audit-search.ts'
import classes from './audit-filters.module.css'

const findSlugProblem = (text: string) =>
  /^[a-z0-9-]*$/.test(text) ? undefined : 'A slug has lowercase letters, digits and hyphens.'

/** Filters the audit log by type, subject, actor, organization and time. */
export function AuditFilters({
  search,
  onSearch,
}: {
  search: AuditSearch
  onSearch: (search: AuditSearch) => void
}) {
  const set = (name: keyof AuditSearch) => (value: string) => {
    const { [name]: _, ...others } = search
    onSearch(value === '' ? others : { ...others, [name]: value })
  }
  return (
    <div className={classes.root}>
      <NativeSelect
        label="Type"
        value={search.type ?? ''}
        onChange={({ currentTarget: { value } }) => set('type')(value)}
        data={[{ value: '', label: 'Every type' }, ...changeTypeChoices]}
      />
      <SearchInput
        label="Filter by organization"
        placeholder="Slug of the organization"
        text={search.organization ?? ''}
        findProblem={findSlugProblem}
        onSearch={set('organization')}
      />
      <SearchInput
        label="Filter by actor"
        placeholder="Email address, ID or task"
        text={search.actor ?? ''}
        onSearch={set('actor')}
      />
      <SearchInput
        label="Filter by subject"
        placeholder="ID, such as cert_…"
        text={search.subject ?? ''}
        onSearch={set('subject')}
      />
      <DayRangeInput value={search} onChange={(name, day) => set(name)(day)} />
    </div>
  )
}
