import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'
import { enforcementImpactQuery } from './get-enforcement-impact.ts'
import { enforcementPolicyQuery } from './get-enforcement-policy.ts'

/** Sets the enforcement policy of an organization, if it still has the entity tag `ifMatch`. */
export function useSetEnforcementPolicy(
  params: { organization: string; environment: string },
  ifMatch: string | null,
) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: Sent<typeof operations.setEnforcementPolicy>['body']) =>
      call(operations.setEnforcementPolicy, { params, body, ifMatch }),
    onSettled: () =>
      Promise.all(
        [enforcementPolicyQuery(params), enforcementImpactQuery(params)].map(({ queryKey }) =>
          queries.invalidateQueries({ queryKey }),
        ),
      ),
  })
}
