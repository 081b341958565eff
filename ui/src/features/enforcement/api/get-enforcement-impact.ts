import { queryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

const freshMs = 5000

/** Queries the calls that the enforcement policy of an organization denies or would deny, as the gateways count them. */
export const enforcementImpactQuery = (params: { organization: string; environment: string }) =>
  queryOptions({
    queryKey: ['enforcement-impact', params.organization, params.environment],
    queryFn: ({ signal }) => call(operations.getEnforcementImpact, { params, signal }),
    refetchInterval: freshMs,
  })
