import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'
import { notifyOtherTabs } from '../../../lib/session-news.ts'
import { sessionQuery } from './get-session.ts'

/** Asks for an email with a link to choose a new password. */
export function useRequestPasswordReset() {
  return useMutation({
    mutationFn: (body: Sent<typeof operations.requestPasswordReset>['body']) =>
      call(operations.requestPasswordReset, { body }),
  })
}

/** Queries what a one-time link is for; the link stays usable. */
export const linkQuery = (token: string) =>
  queryOptions({
    queryKey: ['link', token],
    queryFn: ({ signal }) => call(operations.inspectLink, { body: { token }, signal }),
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })

/** Sets a password with a link, and signs in. Cached data of an earlier user is removed. */
export function useResetPassword() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: Sent<typeof operations.resetPassword>['body']) =>
      call(operations.resetPassword, { body }),
    gcTime: 0,
    onSuccess: (session) => {
      queries.clear()
      queries.setQueryData(sessionQuery.queryKey, session)
      notifyOtherTabs('signed-in')
    },
  })
}

/** Confirms a new email address with a link. */
export function useConfirmEmailChange() {
  return useMutation({
    mutationFn: (token: string) => call(operations.confirmEmailChange, { body: { token } }),
    gcTime: 0,
  })
}

/** Confirms the address of a contact. */
export function useConfirmContact() {
  return useMutation({
    mutationFn: (body: Sent<typeof operations.confirmContact>['body']) =>
      call(operations.confirmContact, { body }),
    gcTime: 0,
  })
}
