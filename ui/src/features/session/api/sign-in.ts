import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import type { SessionView } from '../../../../../src/contract/session.ts'
import { call } from '../../../lib/call.ts'
import { notifyOtherTabs } from '../../../lib/session-news.ts'
import { askForPasskey } from '../passkey-dialog.ts'
import { sessionQuery } from './get-session.ts'

/** Signs in with the password and caches the user. */
export const useSignIn = () =>
  useEntrance((body: Sent<typeof operations.signIn>['body']) => call(operations.signIn, { body }))

/** Completes a sign-in with a code. */
export const useCompleteSignIn = () =>
  useEntrance((body: Sent<typeof operations.completeSignIn>['body']) =>
    call(operations.completeSignIn, { body }),
  )

/** Signs in with a passkey: alone, or as the second factor after the password. */
export const usePasskeyEntrance = (purpose: 'sign_in' | 'second_factor') =>
  useEntrance(async () => {
    const options = await call(operations.beginPasskeySignIn, { body: { purpose }, form: false })
    const response = await askForPasskey(options)
    return purpose === 'sign_in'
      ? call(operations.signInWithPasskey, { body: { response }, form: false })
      : call(operations.completeSignIn, { body: { factor: 'passkey', response }, form: false })
  })

/** What begins a session: cached data of an earlier user is removed. */
function useEntrance<T>(enter: (given: T) => Promise<SessionView>) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: enter,
    gcTime: 0,
    onSuccess: (session) => {
      queries.clear()
      queries.setQueryData(sessionQuery.queryKey, session)
      notifyOtherTabs('signed-in')
    },
  })
}
