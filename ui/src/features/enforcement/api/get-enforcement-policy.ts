import { queryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

const freshMs = 5000

/** Queries the enforcement policy of an organization. */
export const enforcementPolicyQuery = (params: { organization: string; environment: string }) =>
  queryOptions({
    queryKey: ['enforcement-plan', params.organization, params.environment],
    queryFn: ({ signal }) => call(operations.getEnforcementPolicy, { params, signal }),
    refetchInterval: freshMs,
  })
