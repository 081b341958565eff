import { infiniteQueryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Queries the organizations with certificates from other CAs or a plan, page by page. */
export const migrationsQuery = (only: 'remaining' | undefined) =>
  infiniteQueryOptions({
    queryKey: ['migrations', only],
    queryFn: ({ pageParam, signal }) =>
      call(operations.listMigrations, {
        query: { ...(only && { only }), ...(pageParam !== null && { cursor: pageParam }) },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  })
