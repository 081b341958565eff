import { infiniteQueryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** The query for the rotations of an organization that are not finished, page by page. */
export const rotationsQuery = (params: { organization: string; environment: string }) =>
  infiniteQueryOptions({
    queryKey: ['rotations', params.organization, params.environment],
    queryFn: ({ pageParam, signal }) =>
      call(operations.listRotations, {
        params,
        query: pageParam === null ? {} : { cursor: pageParam },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  })
