import { queryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Which certificate of which organization. */
export interface CertificateKey {
  organization: string
  certificateId: string
}

/** Everything about one certificate. */
export const certificateQuery = ({ organization, certificateId }: CertificateKey) =>
  queryOptions({
    queryKey: ['certificate', organization, certificateId],
    queryFn: ({ signal }) =>
      call(operations.getCertificate, { params: { organization, certificateId }, signal }),
  })
