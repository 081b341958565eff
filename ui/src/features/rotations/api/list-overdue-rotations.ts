import { infiniteQueryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** The query for the replaced certificates of all organizations that are valid after their overlap, page by page. */
export const overdueRotationsQuery = () =>
  infiniteQueryOptions({
    queryKey: ['overdue-rotations'],
    queryFn: ({ pageParam, signal }) =>
      call(operations.listOverdueRotations, {
        query: pageParam === null ? {} : { cursor: pageParam },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  })
