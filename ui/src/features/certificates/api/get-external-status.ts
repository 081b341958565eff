import { queryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'
import type { CertificateKey } from './get-certificate.ts'

/** Queries what the CAs of a certificate from another CA say of it. */
export const externalStatusQuery = ({ organization, certificateId }: CertificateKey) =>
  queryOptions({
    queryKey: ['external-status', organization, certificateId],
    queryFn: ({ signal }) =>
      call(operations.getExternalStatus, { params: { organization, certificateId }, signal }),
    // The first answer of a CA usually takes some seconds.
    refetchInterval: ({ state }) => (state.data?.state === 'waiting' ? 10_000 : false),
  })
