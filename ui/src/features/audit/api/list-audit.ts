import { infiniteQueryOptions } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Queries the rows of the audit log that fit a filter, latest first. */
export const auditQuery = (filter: Omit<Sent<typeof operations.listAudit>['query'], 'cursor'>) =>
  infiniteQueryOptions({
    queryKey: ['audit', 'rows', filter],
    queryFn: ({ pageParam, signal }) =>
      call(operations.listAudit, {
        query: { ...filter, ...(pageParam === null ? {} : { cursor: pageParam }) },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  })
