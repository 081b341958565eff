import { queryOptions } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import type { RefusalRange } from '../../../../../src/contract/refusal.ts'
import { call } from '../../../lib/call.ts'

const freshMilliseconds = 10_000

/** Queries operators' counts of denied requests by cause, of all organizations and unattributed ones. */
export const refusalCountsQuery = (query: Sent<typeof operations.countRefusals>['query']) =>
  queryOptions({
    queryKey: ['refusals', 'counts', query],
    queryFn: ({ signal }) => call(operations.countRefusals, { query, signal }),
    refetchInterval: freshMilliseconds,
  })

/** Queries an organization's counts of denied requests by cause. */
export const organizationRefusalsQuery = (
  params: { organization: string; environment: string },
  range: RefusalRange,
) =>
  queryOptions({
    queryKey: ['refusals', 'counts', params, range],
    queryFn: ({ signal }) => call(operations.countOrganizationRefusals, { params, query: { range }, signal }),
    refetchInterval: freshMilliseconds,
  })
