import { useMutation } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Ends this session. */
export function useSignOut() {
  return useMutation({ mutationFn: () => call(operations.signOut, {}) })
}
