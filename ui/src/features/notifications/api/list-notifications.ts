import { infiniteQueryOptions } from '@tanstack/react-query'
import type { NotificationState } from '../../../../../src/contract/notification.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

const limit = 20
const refetchMs = 30_000

/** Queries notifications about an organization in these states, page by page. */
export const notificationsQuery = (organization: string, state: NotificationState[]) =>
  infiniteQueryOptions({
    queryKey: ['notifications', organization, state],
    queryFn: ({ pageParam, signal }) =>
      call(operations.listNotifications, {
        params: { organization },
        query: { limit, state, ...(pageParam === null ? {} : { cursor: pageParam }) },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval: refetchMs,
  })
