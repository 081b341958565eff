import { useMutation, useQueryClient } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'
import { auditStateQuery } from './get-audit-state.ts'

/** Verifies the whole audit log now. */
export function useVerifyAudit() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: () => call(operations.verifyAudit, {}),
    onSuccess: (state) => queries.setQueryData(auditStateQuery.queryKey, state),
  })
}
