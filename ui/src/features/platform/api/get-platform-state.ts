import { queryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

const freshMs = 5000

/** The query for the state of Postern as a whole, as often as gateways report. */
export const platformStateQuery = queryOptions({
  queryKey: ['platform'],
  queryFn: ({ signal }) => call(operations.getPlatformState, { signal }),
  refetchInterval: freshMs,
})
