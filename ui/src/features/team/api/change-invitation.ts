import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Sends an invitation; it replaces one to the same address. `form` is false if no form sends it. */
export function useInvite(organization: string, form?: false) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: Sent<typeof operations.createInvitation>['body']) =>
      call(operations.createInvitation, {
        params: { organization },
        body,
        about: body.email,
        ...(form === undefined ? {} : { form }),
      }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['invitations'] }),
  })
}

/** Cancels an invitation; its link stops working. */
export function useCancelInvitation(params: { organization: string; invitationId: string }) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: () => call(operations.cancelInvitation, { params }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['invitations'] }),
  })
}
