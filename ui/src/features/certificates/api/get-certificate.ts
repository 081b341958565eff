import { queryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** A certificate of an organization. */
export interface CertificateKey {
  organization: string
  certificateId: string
}

/** Queries everything about one certificate. */
export const certificateQuery = ({ organization, certificateId }: CertificateKey) =>
  queryOptions({
    queryKey: ['certificate', organization, certificateId],
    queryFn: ({ signal }) =>
      call(operations.getCertificate, { params: { organization, certificateId }, query: {}, signal }),
  })
