import { queryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { callTagged } from '../../../lib/call.ts'

const freshMs = 5000

/** Queries the enforcement policy of an organization, with the entity tag that a change of it names. */
export const enforcementPolicyQuery = (params: { organization: string; environment: string }) =>
  queryOptions({
    queryKey: ['enforcement-plan', params.organization, params.environment],
    queryFn: async ({ signal }) => {
      const { reply, etag } = await callTagged(operations.getEnforcementPolicy, { params, signal })
      return { policy: reply, etag }
    },
    refetchInterval: freshMs,
  })
