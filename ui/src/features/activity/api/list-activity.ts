import { infiniteQueryOptions } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

type Workspace = { organization: string; environment: string }
type Filter = Omit<Sent<typeof operations.listActivity>['query'], 'cursor' | 'environment'>
const liveMs = 2000

/**
 * Queries the gateway events of an organization, latest first. While only the latest page is open it is
 * refreshed.
 */
export const activityQuery = ({ organization, environment }: Workspace, filter: Filter = {}) =>
  infiniteQueryOptions({
    queryKey: ['activity', { organization, environment }, filter],
    queryFn: ({ pageParam, signal }) =>
      call(operations.listActivity, {
        params: { organization },
        query: { ...filter, environment, ...(pageParam === null ? {} : { cursor: pageParam }) },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval: (query) => (query.state.data?.pages.length === 1 ? liveMs : false),
  })
