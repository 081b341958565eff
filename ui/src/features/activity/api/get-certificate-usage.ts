import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import type { UsageRange } from '../../../../../src/contract/usage.ts'
import { call } from '../../../lib/call.ts'

const freshMs = 10_000

/** Queries the use of a certificate, repeatedly while the page is open. */
export const certificateUsageQuery = (
  params: { organization: string; certificateId: string },
  range: UsageRange,
) =>
  queryOptions({
    queryKey: ['certificate', params.organization, params.certificateId, 'usage', range],
    queryFn: ({ signal }) => call(operations.getCertificateUsage, { params, query: { range }, signal }),
    refetchInterval: freshMs,
    placeholderData: keepPreviousData,
  })
