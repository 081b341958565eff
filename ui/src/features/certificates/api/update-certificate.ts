import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'
import type { CertificateKey } from './get-certificate.ts'
import { rememberCertificate } from './remember-certificate.ts'

/** Changes description and contacts; for a draft also subject and key. */
export function useUpdateCertificate(params: CertificateKey) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: Sent<typeof operations.updateCertificate>['body']) =>
      call(operations.updateCertificate, { params, body }),
    onSuccess: (certificate) => rememberCertificate(queries, params.organization, certificate),
  })
}
