import { infiniteQueryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Queries the audit log, latest first, of one organization if its slug is given. */
export const auditQuery = (organization: string) =>
  infiniteQueryOptions({
    queryKey: ['audit', 'rows', organization],
    queryFn: ({ pageParam, signal }) =>
      call(operations.listAudit, {
        query: {
          ...(organization === '' ? {} : { organization }),
          ...(pageParam === null ? {} : { cursor: pageParam }),
        },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  })
