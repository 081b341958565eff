import { useMutation, useQueryClient } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'
import { type RegistrationKey, registrationQuery } from './get-registration.ts'

/** Proves possession of the private key of a registration with a signature in base64. */
export function useProveRegistration(params: RegistrationKey) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (signature: string) => call(operations.proveRegistration, { params, body: { signature } }),
    onSuccess: (registration) => queries.setQueryData(registrationQuery(params).queryKey, registration),
  })
}
