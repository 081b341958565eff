import { queryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Queries one email; emails do not change. */
export const mailQuery = (emailId: string) =>
  queryOptions({
    queryKey: ['letter', emailId],
    queryFn: ({ signal }) => call(operations.getEmail, { params: { emailId }, signal }),
    staleTime: Number.POSITIVE_INFINITY,
  })
