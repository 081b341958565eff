import { infiniteQueryOptions } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Queries the gateway events of one certificate, latest first, 200 per page. */
export const certificateActivityQuery = (params: Sent<typeof operations.listCertificateActivity>['params']) =>
  infiniteQueryOptions({
    queryKey: ['certificate-activity', params],
    queryFn: ({ pageParam, signal }) =>
      call(operations.listCertificateActivity, {
        params,
        query: { limit: 200, ...(pageParam === null ? {} : { cursor: pageParam }) },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  })
