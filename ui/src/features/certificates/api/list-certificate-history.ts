import { infiniteQueryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'
import type { CertificateKey } from './get-certificate.ts'

/** Queries every change of a certificate, latest first, page by page. */
export const certificateHistoryQuery = ({ organization, certificateId }: CertificateKey) =>
  infiniteQueryOptions({
    queryKey: ['certificate-history', organization, certificateId],
    queryFn: ({ pageParam, signal }) =>
      call(operations.listCertificateHistory, {
        params: { organization, certificateId },
        query: pageParam === null ? {} : { cursor: pageParam },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  })
