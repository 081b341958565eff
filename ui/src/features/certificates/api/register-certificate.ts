import { useMutation } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Starts the registration of an externally issued certificate. */
export function useRegisterCertificate(params: { organization: string; environment: string }) {
  return useMutation({
    mutationFn: (body: Sent<typeof operations.registerCertificate>['body']) =>
      call(operations.registerCertificate, { params, body }),
  })
}
