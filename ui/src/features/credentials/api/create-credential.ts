import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

type Input = Sent<typeof operations.createCredential>

/** Creates API credentials. Only this response has the secret; it is dropped with the component. */
export function useCreateCredential(params: Input['params']) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: Input['body']) => call(operations.createCredential, { params, body }),
    gcTime: 0,
    onSuccess: () => queries.invalidateQueries({ queryKey: ['credentials'] }),
  })
}
