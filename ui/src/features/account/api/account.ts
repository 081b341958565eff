import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import type { Reply, Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Queries the own account. */
export const accountQuery = queryOptions({
  queryKey: ['account'],
  queryFn: ({ signal }) => call(operations.getAccount, { signal }),
})

/** Queries the own sessions, last used first. */
export const sessionsQuery = infiniteQueryOptions({
  queryKey: ['own-sessions'],
  queryFn: ({ pageParam, signal }) =>
    call(operations.listSessions, { query: pageParam === null ? {} : { cursor: pageParam }, signal }),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.nextCursor,
})

/** Returns what shows an account that was changed, and asks for the session, which has parts of it. */
function useShowAccount() {
  const queries = useQueryClient()
  return (account: Reply<typeof operations.getAccount>) => {
    queries.setQueryData(accountQuery.queryKey, account)
    return queries.invalidateQueries({ queryKey: ['session'] })
  }
}

/** Changes the own name and time zone. */
export function useUpdateAccount() {
  return useMutation({
    mutationFn: (body: Sent<typeof operations.updateAccount>['body']) =>
      call(operations.updateAccount, { body }),
    onSuccess: useShowAccount(),
  })
}

/** Answers once which time zone dates in emails have. */
export function useAnswerTimeZone() {
  return useMutation({
    mutationFn: (timeZone: string) => call(operations.answerTimeZone, { body: { timeZone } }),
    onSuccess: useShowAccount(),
  })
}

/** Asks for another email address. */
export function useRequestEmailChange() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: { newEmail: string }) =>
      call(operations.requestEmailChange, { body, about: body.newEmail }),
    onSuccess: (account) => queries.setQueryData(accountQuery.queryKey, account),
  })
}

/** Ends one of the own sessions, or all others if none is named. */
export function useEndSessions() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (sessionId: string | undefined) => {
      if (sessionId === undefined) await call(operations.endOtherSessions, {})
      else await call(operations.endSession, { params: { sessionId } })
    },
    onSettled: () => queries.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  })
}
