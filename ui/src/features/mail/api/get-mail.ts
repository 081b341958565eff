import { queryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Queries one email; emails do not change. */
export const mailQuery = (mailId: string) =>
  queryOptions({
    queryKey: ['letter', mailId],
    queryFn: ({ signal }) => call(operations.getMail, { params: { mailId }, signal }),
    staleTime: Number.POSITIVE_INFINITY,
  })
