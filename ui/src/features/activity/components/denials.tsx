import { useQuery } from '@tanstack/react-query'
import type { DenialRange } from '../../../../../src/contract/denial.ts'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { TextLink } from '../../../components/ui/links.tsx'
import { toMoments } from '../../../lib/day-range.ts'
import { denialTitle } from '../../../lib/denial-titles.ts'
import { denialCountsQuery } from '../api/count-denials.ts'
import type { DenialSearch } from '../denial-search.ts'
import { DenialCauses } from './denial-causes.tsx'
import { DenialsList } from './denials-list.tsx'

/** Shows the denied requests of all organizations and unattributed ones: by cause, and individually. */
export function Denials({
  search,
  range,
  onRange,
  onSearch,
}: {
  search: DenialSearch
  range: DenialRange
  onRange: (range: DenialRange) => void
  onSearch: (search: DenialSearch) => void
}) {
  const { code, ...others } = search
  const { traceId: _, from: _from, to: _to, ...place } = others
  const days = toMoments(search)
  const hasDays = Object.keys(days).length > 0
  const counts = useQuery(denialCountsQuery(hasDays ? { ...days, ...place } : { range, ...place }))
  return (
    <>
      {counts.isError && <ErrorNotice error={counts.error} onRetry={counts.refetch} />}
      {counts.data && (
        <DenialCauses
          counts={counts.data.items}
          range={hasDays ? undefined : range}
          onRange={onRange}
          withOrganizations
          nameOf={({ code: cause }) => (
            <TextLink
              to="/operate/denials"
              search={{ ...others, range, ...(cause === code ? {} : { code: cause }) }}
              aria-current={cause === code ? 'true' : undefined}
              fw={cause === code ? 600 : undefined}
            >
              {denialTitle(cause)}
            </TextLink>
          )}
        />
      )}
      <DenialsList search={search} range={range} onSearch={onSearch} />
    </>
  )
}
