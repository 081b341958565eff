import { queryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

const freshMs = 5000

/** Queries what needs action in an organization, repeatedly while the page is open. */
export const requiredActionsQuery = (params: { organization: string; environment: string }) =>
  queryOptions({
    queryKey: ['required-actions', params.organization, params.environment],
    queryFn: ({ signal }) => call(operations.listRequiredActions, { params, signal }),
    refetchInterval: freshMs,
  })
