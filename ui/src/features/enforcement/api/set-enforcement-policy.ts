import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'
import { enforcementPolicyQuery } from './get-enforcement-policy.ts'

/** Sets the enforcement policy of an organization. */
export function useSetEnforcementPolicy(params: { organization: string; environment: string }) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: Sent<typeof operations.setEnforcementPolicy>['body']) =>
      call(operations.setEnforcementPolicy, { params, body }),
    onSettled: () => queries.invalidateQueries({ queryKey: enforcementPolicyQuery(params).queryKey }),
  })
}
