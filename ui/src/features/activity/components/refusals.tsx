import { useQuery } from '@tanstack/react-query'
import type { RefusalRange } from '../../../../../src/contract/refusal.ts'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { TextLink } from '../../../components/ui/links.tsx'
import { refusalTitle } from '../../../lib/refusal-titles.ts'
import { refusalCountsQuery } from '../api/count-refusals.ts'
import type { RefusalSearch } from '../refusal-search.ts'
import { RefusalCauses } from './refusal-causes.tsx'
import { RefusalsList } from './refusals-list.tsx'

/** Shows the denied requests of all organizations and unattributed ones: by cause, and individually. */
export function Refusals({
  search,
  range,
  onRange,
}: {
  search: RefusalSearch
  range: RefusalRange
  onRange: (range: RefusalRange) => void
}) {
  const { code, ...place } = search
  const counts = useQuery(refusalCountsQuery({ range, ...place }))
  return (
    <>
      {counts.isError && <ErrorNotice error={counts.error} onRetry={counts.refetch} />}
      {counts.data && (
        <RefusalCauses
          counts={counts.data.items}
          range={range}
          onRange={onRange}
          withOrganizations
          nameOf={({ code: cause }) => (
            <TextLink
              to="/operate/refusals"
              search={{ range, ...place, ...(cause === code ? {} : { code: cause }) }}
              aria-current={cause === code ? 'true' : undefined}
              fw={cause === code ? 600 : undefined}
            >
              {refusalTitle(cause)}
            </TextLink>
          )}
        />
      )}
      <RefusalsList search={search} range={range} />
    </>
  )
}
