import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Queries what the link of an email unsubscribes from; nothing changes. */
export const subscriptionQuery = (token: string) =>
  queryOptions({
    queryKey: ['subscription', token],
    queryFn: ({ signal }) => call(operations.inspectSubscription, { body: { token }, signal }),
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })

/** Unsubscribes with the link of an email, or takes that back. */
export function useChangeSubscription(token: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (isUnsubscribed: boolean) =>
      call(operations.changeSubscription, { body: { token, isUnsubscribed } }),
    gcTime: 0,
    onSuccess: (subscription) => queries.setQueryData(subscriptionQuery(token).queryKey, subscription),
  })
}
