import { useMutation, useQueryClient } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'
import type { CertificateKey } from './get-certificate.ts'
import { rememberCertificate } from './remember-certificate.ts'

/** Cancels a draft or a pending CSR. */
export function useCancelCertificate(params: CertificateKey) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: () => call(operations.cancelCertificate, { params }),
    onSuccess: (certificate) => rememberCertificate(queries, params.organization, certificate),
  })
}
