import { useMutation, useQueryClient } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Confirms an act of another operator, or cancels one that waits. */
export function useDecideConfirmation(decision: 'confirm' | 'cancel') {
  const queries = useQueryClient()
  const operation = decision === 'confirm' ? operations.confirmRequest : operations.cancelConfirmation
  return useMutation({
    mutationFn: (confirmationId: string) => call(operation, { params: { confirmationId } }),
    // What was confirmed may have changed anything that operators see.
    onSettled: () => queries.invalidateQueries(),
  })
}
