import { SearchInput } from '../../../components/ui/search-input.tsx'

const findProblem = (text: string) =>
  /^([0-9a-fA-F]{32})?$/.test(text.trim()) ? undefined : 'A trace ID has 32 digits from 0 to 9 and a to f.'

/** Filters events by their trace ID. */
export function TraceIdFilter({
  text = '',
  onSearch,
}: {
  text?: string | undefined
  onSearch: (text: string) => void
}) {
  return (
    <SearchInput
      label="Filter by trace ID"
      placeholder="Trace ID"
      text={text}
      findProblem={findProblem}
      onSearch={(typed) => onSearch(typed.toLowerCase())}
    />
  )
}
