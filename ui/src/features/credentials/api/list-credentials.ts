import { infiniteQueryOptions } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Queries the API credentials of an environment, latest first, page by page. */
export const credentialsQuery = (params: Sent<typeof operations.listCredentials>['params']) =>
  infiniteQueryOptions({
    queryKey: ['credentials', params],
    queryFn: ({ pageParam, signal }) =>
      call(operations.listCredentials, {
        params,
        query: pageParam === null ? {} : { cursor: pageParam },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  })
