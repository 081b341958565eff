import { queryOptions } from '@tanstack/react-query'
import type { DenialRange } from '../../../../../src/contract/denial.ts'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

const freshMs = 10_000

/** Queries operators' counts of denied requests by cause, of all organizations and unattributed ones. */
export const denialCountsQuery = (query: Sent<typeof operations.countDenials>['query']) =>
  queryOptions({
    queryKey: ['refusals', 'counts', query],
    queryFn: ({ signal }) => call(operations.countDenials, { query, signal }),
    refetchInterval: freshMs,
  })

/** Queries an organization's counts of denied requests by cause. */
export const organizationDenialsQuery = (
  params: { organization: string; environment: string },
  range: DenialRange,
) =>
  queryOptions({
    queryKey: ['refusals', 'counts', params, range],
    queryFn: ({ signal }) => call(operations.countOrganizationDenials, { params, query: { range }, signal }),
    refetchInterval: freshMs,
  })
