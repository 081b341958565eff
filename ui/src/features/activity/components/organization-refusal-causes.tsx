import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { RefusalRange } from '../../../../../src/contract/refusal.ts'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { TextLink } from '../../../components/ui/links.tsx'
import { usePlace } from '../../../lib/place.tsx'
import { refusalTitle } from '../../../lib/refusal-titles.ts'
import { organizationRefusalsQuery } from '../api/count-refusals.ts'
import { RefusalCauses } from './refusal-causes.tsx'

/** Shows why requests were denied, each cause with a link to the fix. */
export function OrganizationRefusalCauses() {
  const { params } = usePlace()
  const [range, setRange] = useState<RefusalRange>('week')
  const query = useQuery(organizationRefusalsQuery(params, range))
  if (query.isError) return <ErrorNotice error={query.error} onRetry={query.refetch} />
  if (query.data === undefined) return null
  return (
    <RefusalCauses
      counts={query.data.items}
      range={range}
      onRange={setRange}
      nameOf={({ code }) => (
        <TextLink to="/o/$organization/$environment/help" params={params} search={{ code }}>
          {refusalTitle(code)}
        </TextLink>
      )}
    />
  )
}
