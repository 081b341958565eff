import { infiniteQueryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

const keyOf = (organization: string) => ['calendar-feeds', organization]

/** Queries the calendar feeds of an organization, latest first, page by page. */
export const calendarFeedsQuery = (organization: string) =>
  infiniteQueryOptions({
    queryKey: keyOf(organization),
    queryFn: ({ pageParam, signal }) =>
      call(operations.listCalendarFeeds, {
        params: { organization },
        query: pageParam === null ? {} : { cursor: pageParam },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  })

/** Creates a calendar feed. Only this response has its address. */
export function useCreateCalendarFeed(organization: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (environment: string) =>
      call(operations.createCalendarFeed, { params: { organization }, body: { environment } }),
    gcTime: 0,
    onSuccess: () => queries.invalidateQueries({ queryKey: keyOf(organization) }),
  })
}

/** Deletes a calendar feed; its address stops working immediately. */
export function useDeleteCalendarFeed(organization: string, calendarFeedId: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: () => call(operations.deleteCalendarFeed, { params: { organization, calendarFeedId } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: keyOf(organization) }),
  })
}
