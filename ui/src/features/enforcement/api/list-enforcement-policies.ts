import { infiniteQueryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** The query for operators' overview of every organization's enforcement, page by page. */
export const enforcementPoliciesQuery = infiniteQueryOptions({
  queryKey: ['enforcement-plans'],
  queryFn: ({ pageParam, signal }) =>
    call(operations.listEnforcementPolicies, {
      query: pageParam === null ? {} : { cursor: pageParam },
      signal,
    }),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.nextCursor,
})
