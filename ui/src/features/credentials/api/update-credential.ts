import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

type Input = Sent<typeof operations.updateCredential>

/** Changes name, description, scopes and restrictions. */
export function useUpdateCredential(params: Input['params']) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: Input['body']) => call(operations.updateCredential, { params, body }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['credentials'] }),
  })
}
