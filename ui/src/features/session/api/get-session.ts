import { queryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Who is signed in. Refused with `not_signed_in` where nobody is. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }) => call(operations.getSession, { signal }),
  staleTime: 60_000,
})
