import { queryOptions } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import type { RefusalRange } from '../../../../../src/contract/refusal.ts'
import { call } from '../../../lib/call.ts'

const freshMilliseconds = 10_000

/** Why callers were refused, of all organizations and of strangers; for operators. */
export const refusalCountsQuery = (query: Sent<typeof operations.countRefusals>['query']) =>
  queryOptions({
    queryKey: ['refusals', 'counts', query],
    queryFn: ({ signal }) => call(operations.countRefusals, { query, signal }),
    refetchInterval: freshMilliseconds,
  })

/** Why callers of one organization were refused. */
export const organizationRefusalsQuery = (
  params: { organization: string; environment: string },
  range: RefusalRange,
) =>
  queryOptions({
    queryKey: ['refusals', 'counts', params, range],
    queryFn: ({ signal }) => call(operations.countOrganizationRefusals, { params, query: { range }, signal }),
    refetchInterval: freshMilliseconds,
  })
