import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Deletes API credentials; their tokens stop working immediately. */
export function useDeleteCredential(params: Sent<typeof operations.deleteCredential>['params']) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: () => call(operations.deleteCredential, { params }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['credentials'] }),
  })
}
