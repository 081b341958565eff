import { useMutation, useQueryClient } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'
import { authoritiesQuery } from './list-authorities.ts'

/** Creates a new issuing CA for an environment. */
export function useRotateAuthority(environment: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: () => call(operations.rotateCertificateAuthority, { params: { environment } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: authoritiesQuery.queryKey }),
  })
}
