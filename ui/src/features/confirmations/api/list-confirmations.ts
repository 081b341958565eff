import { infiniteQueryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

const freshMs = 15_000

/** The query for acts that need a second person, newest first. */
export const confirmationsQuery = infiniteQueryOptions({
  queryKey: ['confirmations'],
  queryFn: ({ pageParam, signal }) =>
    call(operations.listConfirmations, { query: pageParam === null ? {} : { cursor: pageParam }, signal }),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.nextCursor,
  refetchInterval: freshMs,
})
