import { queryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

const freshMilliseconds = 5000

/** What is required of the callers of an organization, with what the gateways have counted by now. */
export const enforcementPlanQuery = (params: { organization: string; environment: string }) =>
  queryOptions({
    queryKey: ['enforcement-plan', params.organization, params.environment],
    queryFn: ({ signal }) => call(operations.getEnforcementPlan, { params, signal }),
    refetchInterval: freshMilliseconds,
  })
