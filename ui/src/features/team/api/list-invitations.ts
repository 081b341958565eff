import { infiniteQueryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Queries the invitations that were neither accepted nor cancelled, latest first, page by page. */
export const invitationsQuery = (organization: string) =>
  infiniteQueryOptions({
    queryKey: ['invitations', organization],
    queryFn: ({ pageParam, signal }) =>
      call(operations.listInvitations, {
        params: { organization },
        query: pageParam === null ? {} : { cursor: pageParam },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  })
