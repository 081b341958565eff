import { useMutation } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Accepts an invitation; a new user is signed in by the answer. */
export const useAcceptInvitation = () =>
  useMutation({
    mutationFn: (body: Sent<typeof operations.acceptInvitation>['body']) =>
      call(operations.acceptInvitation, { body, form: false }),
    gcTime: 0,
  })
