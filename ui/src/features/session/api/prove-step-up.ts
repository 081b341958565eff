import { useMutation } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Proves who the user is, for one act. */
export function useProveStepUp() {
  return useMutation({
    mutationFn: (body: Sent<typeof operations.proveStepUp>['body']) =>
      call(operations.proveStepUp, { body, form: false }),
    gcTime: 0,
  })
}
