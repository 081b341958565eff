import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'
import { rememberCertificate } from './remember-certificate.ts'

type Input = Sent<typeof operations.createCertificate>

/** Creates a certificate: a named draft that waits for its CSR. */
export function useCreateCertificate(params: Input['params']) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: Input['body']) => call(operations.createCertificate, { params, body }),
    onSuccess: (certificate) => rememberCertificate(queries, params.organization, certificate),
  })
}
