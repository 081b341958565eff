import { infiniteQueryOptions } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

type Workspace = Sent<typeof operations.listCertificates>['params']
type Filter = Omit<Sent<typeof operations.listCertificates>['query'], 'cursor'>

/** Queries the certificates of an environment, page by page. */
export const certificatesQuery = (params: Workspace, filter: Filter = {}) =>
  infiniteQueryOptions({
    queryKey: ['certificates', params, filter],
    queryFn: ({ pageParam, signal }) =>
      call(operations.listCertificates, {
        params,
        query: { ...filter, ...(pageParam === null ? {} : { cursor: pageParam }) },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  })
