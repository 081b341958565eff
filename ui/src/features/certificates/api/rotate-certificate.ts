import { useMutation, useQueryClient } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'
import { type CertificateKey, certificateQuery } from './get-certificate.ts'
import { rememberCertificate } from './remember-certificate.ts'

/** Creates the replacement of a certificate: a draft with the same details that waits for a new key. */
export function useRotateCertificate(params: CertificateKey) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: () => call(operations.rotateCertificate, { params }),
    onSuccess: (successor) => {
      rememberCertificate(queries, params.organization, successor)
      void queries.invalidateQueries({ queryKey: certificateQuery(params).queryKey })
    },
  })
}
