import { queryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'
import type { CertificateKey } from './get-certificate.ts'

/** Queries the calls that a certificate made in each of the last 24 hours, oldest hour first. */
export const callsOfDayQuery = ({ organization, certificateId }: CertificateKey) =>
  queryOptions({
    queryKey: ['certificate', organization, certificateId, 'calls'],
    async queryFn({ signal }) {
      const input = { params: { organization, certificateId }, query: { range: 'day' as const }, signal }
      const { buckets } = await call(operations.getCertificateUsage, input)
      return buckets.map(
        ({ succeeded, redirects, clientErrors, serverErrors }) =>
          succeeded + redirects + clientErrors + serverErrors,
      )
    },
  })
