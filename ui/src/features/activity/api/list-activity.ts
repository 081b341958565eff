import { infiniteQueryOptions } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

type Input = Sent<typeof operations.listActivity>
const liveMs = 2000

/**
 * Queries the gateway events of an organization, latest first. While only the latest page is open it is
 * refreshed.
 */
export const activityQuery = (params: Input['params'], filter: Omit<Input['query'], 'cursor'> = {}) =>
  infiniteQueryOptions({
    queryKey: ['activity', params, filter],
    queryFn: ({ pageParam, signal }) =>
      call(operations.listActivity, {
        params,
        query: { ...filter, ...(pageParam === null ? {} : { cursor: pageParam }) },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval: (query) => (query.state.data?.pages.length === 1 ? liveMs : false),
  })
