import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import type { SignalView, signalStates } from '../../../../../src/contract/signal.ts'
import { call } from '../../../lib/call.ts'

type Params = { organization: string; environment: string }
type SignalState = (typeof signalStates)[number]

const refetchMs = 30_000
const shownOnOverview = 5
const signalsKey = ({ organization, environment }: Params) => ['signals', organization, environment]

/** Queries the signals of an organization in an environment, newest first, page by page. */
export const signalsQuery = (params: Params, state: SignalState) =>
  infiniteQueryOptions({
    queryKey: [...signalsKey(params), state],
    queryFn: ({ pageParam, signal }) =>
      call(operations.listSignals, {
        params,
        query: { state, limit: 50, ...(pageParam === null ? {} : { cursor: pageParam }) },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval: refetchMs,
  })

/** Queries the newest signals that hold, for the Overview. */
export const newestSignalsQuery = (params: Params) =>
  queryOptions({
    queryKey: [...signalsKey(params), 'newest'],
    queryFn: ({ signal }) =>
      call(operations.listSignals, { params, query: { limit: shownOnOverview }, signal }),
    refetchInterval: refetchMs,
  })

/** Dismisses a signal, or takes that back. */
export function useSetDismissed(params: Params) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ id, dismissed }: { id: SignalView['id']; dismissed: boolean }) =>
      call(dismissed ? operations.dismissSignal : operations.undismissSignal, {
        params: { organization: params.organization, signalId: id },
        form: false,
      }),
    onSuccess: () => queries.invalidateQueries({ queryKey: signalsKey(params) }),
  })
}

const monitoringKey = ({ organization, environment }: Params) => [
  'address-monitoring',
  organization,
  environment,
]

/** Queries whether calls from new addresses are found. */
export const addressMonitoringQuery = (params: Params) =>
  queryOptions({
    queryKey: monitoringKey(params),
    queryFn: ({ signal }) => call(operations.getAddressMonitoring, { params, signal }),
  })

/** Turns that on or off. */
export function useSetAddressMonitoring(params: Params) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (enabled: boolean) =>
      call(operations.setAddressMonitoring, { params, body: { enabled }, form: false }),
    onSuccess: (monitoring) => queries.setQueryData(monitoringKey(params), monitoring),
  })
}
