import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'
import { notifyOtherTabs } from '../../../lib/session-news.ts'
import { sessionQuery } from './get-session.ts'

/** Signs in and caches the user. Cached data of an earlier user is removed. */
export function useSignIn() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: Sent<typeof operations.signIn>['body']) => call(operations.signIn, { body }),
    gcTime: 0,
    onSuccess: (session) => {
      queries.clear()
      queries.setQueryData(sessionQuery.queryKey, session)
      notifyOtherTabs('signed-in')
    },
  })
}
