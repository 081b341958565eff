import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'
import { sessionQuery } from './get-session.ts'

/** Changes the password; the user's other sessions end. */
export function useChangePassword() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: Sent<typeof operations.changePassword>['body']) =>
      call(operations.changePassword, { body }),
    gcTime: 0,
    onSuccess: (session) => queries.setQueryData(sessionQuery.queryKey, session),
  })
}
