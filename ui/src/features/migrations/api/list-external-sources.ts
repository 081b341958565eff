import { infiniteQueryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Queries the CRLs and OCSP responders of other CAs, page by page. */
export const externalSourcesQuery = infiniteQueryOptions({
  queryKey: ['external-sources'],
  queryFn: ({ pageParam, signal }) =>
    call(operations.listExternalSources, {
      query: { ...(pageParam !== null && { cursor: pageParam }) },
      signal,
    }),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.nextCursor,
})
