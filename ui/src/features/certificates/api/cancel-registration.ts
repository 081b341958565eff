import { useMutation } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'
import type { RegistrationKey } from './get-registration.ts'

/** Cancels a pending registration. */
export function useCancelRegistration(params: RegistrationKey) {
  return useMutation({ mutationFn: () => call(operations.cancelRegistration, { params }) })
}
