import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

const freshMs = 5000
const limit = 20

/** The query for the emails to the signed-in user, latest first. */
export const ownEmailsQuery = infiniteQueryOptions({
  queryKey: ['own-emails'],
  queryFn: ({ pageParam, signal }) =>
    call(operations.listOwnEmails, {
      query: { limit, ...(pageParam === null ? {} : { cursor: pageParam }) },
      signal,
    }),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.nextCursor,
  refetchInterval: freshMs,
})

/** Queries one email to the signed-in user; emails do not change. */
export const ownEmailQuery = (emailId: string) =>
  queryOptions({
    queryKey: ['own-email', emailId],
    queryFn: ({ signal }) => call(operations.getOwnEmail, { params: { emailId }, signal }),
    staleTime: Number.POSITIVE_INFINITY,
  })
