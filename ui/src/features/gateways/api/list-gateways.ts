import { queryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

const freshMilliseconds = 5000

/** The gateway processes, asked for again as often as they tell of themselves. */
export const gatewaysQuery = queryOptions({
  queryKey: ['gateways'],
  queryFn: ({ signal }) => call(operations.listGateways, { signal }),
  refetchInterval: freshMilliseconds,
})
