import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'
import { authoritiesQuery } from './list-authorities.ts'

/** What would stop if an issuing CA retired on a date: the dry run. */
export const retirementQuery = (issuerId: string, retiresAt: string) =>
  queryOptions({
    queryKey: ['authorities', issuerId, 'retirement', retiresAt],
    queryFn: ({ signal }) =>
      call(operations.retireAuthority, { params: { issuerId }, body: { retiresAt }, signal }),
    staleTime: 0,
  })

/** Sets when an issuing CA retires, or with null takes the date back. */
export function useRetireAuthority(issuerId: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: Sent<typeof operations.retireAuthority>['body']) =>
      call(operations.retireAuthority, { params: { issuerId }, body }),
    onSettled: () => queries.invalidateQueries({ queryKey: authoritiesQuery.queryKey }),
  })
}
