import { useMutation, useQueryClient } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Deletes one of two secrets immediately. */
export function useDeleteCredentialSecret(params: { organization: string; credentialId: string }) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (secretId: string) =>
      call(operations.deleteCredentialSecret, { params: { ...params, secretId } }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['credentials'] }),
  })
}
