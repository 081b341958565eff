import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { EmailDomain } from '../../../../../src/contract/single-sign-on.ts'
import { call } from '../../../lib/call.ts'
import { notifyOtherTabs } from '../../../lib/session-news.ts'
import { sessionQuery } from './get-session.ts'

/** Queries whether the domain of an address has single sign-on. */
export const signInMethodQuery = (email: string) => {
  const domain = EmailDomain.safeParse(email.trim().split('@')[1]).data
  return queryOptions({
    queryKey: ['sign-in-method', domain],
    queryFn: ({ signal }) => call(operations.getSignInMethod, { query: { domain: domain ?? '' }, signal }),
    enabled: domain !== undefined,
    staleTime: 60_000,
    retry: false,
  })
}

/** Goes to the OpenID provider of the domain of an address. */
export function useStartSingleSignOn() {
  return useMutation({
    mutationFn: (email: string) => call(operations.startSingleSignOn, { body: { email }, form: false }),
    onSuccess: ({ authorizationUrl }) => window.location.assign(authorizationUrl),
  })
}

/** Signs in with the response of an OpenID provider. Cached data of an earlier user is removed. */
export function useCompleteSingleSignOn() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: Sent<typeof operations.completeSingleSignOn>['body']) =>
      call(operations.completeSingleSignOn, { body, form: false }),
    gcTime: 0,
    onSuccess: (session) => {
      queries.clear()
      queries.setQueryData(sessionQuery.queryKey, session)
      notifyOtherTabs('signed-in')
    },
  })
}
