import { infiniteQueryOptions } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

type Filter = Omit<Sent<typeof operations.listDenials>['query'], 'cursor'>
const freshMs = 5000

/** Queries denied requests, latest first. While only the latest page is open it is refreshed. */
export const denialsQuery = (filter: Filter) =>
  infiniteQueryOptions({
    queryKey: ['refusals', 'list', filter],
    queryFn: ({ pageParam, signal }) =>
      call(operations.listDenials, {
        query: { ...filter, ...(pageParam === null ? {} : { cursor: pageParam }) },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval: (query) => (query.state.data?.pages.length === 1 ? freshMs : false),
  })
