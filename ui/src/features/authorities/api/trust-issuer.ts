import { useMutation, useQueryClient } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'
import { authoritiesQuery } from './list-authorities.ts'

/** Trusts an external CA for an environment. */
export function useTrustIssuer(environment: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (certificate: string) =>
      call(operations.trustIssuer, { params: { environment }, body: { certificate } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: authoritiesQuery.queryKey }),
  })
}
