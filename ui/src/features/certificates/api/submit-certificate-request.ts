import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'
import type { CertificateKey } from './get-certificate.ts'
import { rememberCertificate } from './remember-certificate.ts'

/** Submits the CSR of a draft. */
export function useSubmitCertificateRequest(params: CertificateKey) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: Sent<typeof operations.submitCsr>['body']) =>
      call(operations.submitCsr, { params, body }),
    onSuccess: (certificate) => rememberCertificate(queries, params.organization, certificate),
  })
}
