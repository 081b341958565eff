import { infiniteQueryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Queries the members of an organization, page by page. */
export const membersQuery = (organization: string) =>
  infiniteQueryOptions({
    queryKey: ['members', organization],
    queryFn: ({ pageParam, signal }) =>
      call(operations.listMembers, {
        params: { organization },
        query: pageParam === null ? {} : { cursor: pageParam },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  })
