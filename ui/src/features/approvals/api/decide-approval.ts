import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Approves or rejects a CSR. */
export function useDecideApproval(approvalId: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: Sent<typeof operations.decideApproval>['body']) =>
      call(operations.decideApproval, { params: { approvalId }, body }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['approvals'] }),
  })
}
