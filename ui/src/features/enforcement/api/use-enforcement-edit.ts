import { useQueryClient } from '@tanstack/react-query'
import type { EnforcementPolicyView } from '../../../../../src/contract/enforcement-policy.ts'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'
import { useEdit } from '../../../lib/use-edit.ts'
import { enforcementImpactQuery } from './get-enforcement-impact.ts'
import { enforcementPolicyQuery } from './get-enforcement-policy.ts'

type NewPolicy = Sent<typeof operations.setEnforcementPolicy>['body']

/** Sets the enforcement policy of an organization; `toFields` selects what the form holds. */
export function useEnforcementEdit(
  params: { organization: string; environment: string },
  start: EnforcementPolicyView,
  toFields: (policy: EnforcementPolicyView) => object,
) {
  const queries = useQueryClient()
  return useEdit({
    start,
    toFields,
    read: () => call(operations.getEnforcementPolicy, { params }),
    send: (body: NewPolicy, edited) =>
      call(operations.setEnforcementPolicy, { params, body, edited }).finally(() => {
        for (const { queryKey } of [enforcementPolicyQuery(params), enforcementImpactQuery(params)])
          void queries.invalidateQueries({ queryKey })
      }),
  })
}
