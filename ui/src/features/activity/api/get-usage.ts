import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import type { UsageRange } from '../../../../../src/contract/usage.ts'
import { call } from '../../../lib/call.ts'

const freshMs = 10_000

/** Queries the total use of all certificates, repeatedly while the page is open. */
export const usageQuery = (params: { organization: string; environment: string }, range: UsageRange) =>
  queryOptions({
    queryKey: ['usage', params.organization, params.environment, range],
    queryFn: ({ signal }) => call(operations.getUsage, { params, query: { range }, signal }),
    refetchInterval: freshMs,
    placeholderData: keepPreviousData,
  })
