import { useMutation } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Begins the registration of a certificate of another authority. */
export function useRegisterCertificate(params: { organization: string; environment: string }) {
  return useMutation({
    mutationFn: (body: Sent<typeof operations.registerCertificate>['body']) =>
      call(operations.registerCertificate, { params, body }),
  })
}
