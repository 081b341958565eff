import { infiniteQueryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import type { OperatorView } from '../../../../../src/contract/account.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Queries operators and auditors, page by page. */
export const operatorsQuery = infiniteQueryOptions({
  queryKey: ['operators'],
  queryFn: ({ pageParam, signal }) =>
    call(operations.listOperators, { query: pageParam === null ? {} : { cursor: pageParam }, signal }),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.nextCursor,
})

/** Takes the role from an operator or auditor. */
export function useRemoveOperator() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ id, email }: OperatorView) =>
      call(operations.removeOperator, { params: { userId: id }, about: email }),
    onSuccess: () => queries.invalidateQueries({ queryKey: operatorsQuery.queryKey }),
  })
}
