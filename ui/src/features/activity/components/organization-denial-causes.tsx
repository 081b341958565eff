import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { DenialRange } from '../../../../../src/contract/denial.ts'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { TextLink } from '../../../components/ui/links.tsx'
import { denialTitle } from '../../../lib/denial-titles.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { organizationDenialsQuery } from '../api/count-denials.ts'
import { DenialCauses } from './denial-causes.tsx'

/** Shows why requests were denied, each cause with a link to the fix. */
export function OrganizationDenialCauses() {
  const { params } = useWorkspace()
  const [range, setRange] = useState<DenialRange>('week')
  const query = useQuery(organizationDenialsQuery(params, range))
  if (query.isError) return <ErrorNotice error={query.error} onRetry={query.refetch} />
  if (query.data === undefined) return null
  return (
    <DenialCauses
      counts={query.data.items}
      range={range}
      onRange={setRange}
      nameOf={({ code }) => (
        <TextLink to="/o/$organization/$environment/help" params={params} search={{ code }}>
          {denialTitle(code)}
        </TextLink>
      )}
    />
  )
}
