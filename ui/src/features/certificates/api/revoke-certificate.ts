import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'
import type { CertificateKey } from './get-certificate.ts'
import { rememberCertificate } from './remember-certificate.ts'

/** Revokes a certificate permanently. */
export function useRevokeCertificate(params: CertificateKey) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: Sent<typeof operations.revokeCertificate>['body']) =>
      call(operations.revokeCertificate, { params, body, about: body.name }),
    onSuccess: (certificate) => rememberCertificate(queries, params.organization, certificate),
  })
}
