import { infiniteQueryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Queries all organizations for operators, page by page. */
export const organizationsQuery = (text = '') =>
  infiniteQueryOptions({
    queryKey: ['organizations', text],
    queryFn: ({ pageParam, signal }) =>
      call(operations.listOrganizations, {
        query: { text, ...(pageParam === null ? {} : { cursor: pageParam }) },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  })
