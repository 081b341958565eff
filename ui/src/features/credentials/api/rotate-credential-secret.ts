import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

type Input = Sent<typeof operations.rotateCredentialSecret>

/** Adds a new secret. Only this response has it; it is dropped with the component. */
export function useRotateCredentialSecret(params: Input['params']) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: Input['body']) => call(operations.rotateCredentialSecret, { params, body }),
    gcTime: 0,
    onSuccess: () => queries.invalidateQueries({ queryKey: ['credentials'] }),
  })
}
