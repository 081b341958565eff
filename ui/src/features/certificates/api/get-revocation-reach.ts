import { queryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'
import type { CertificateKey } from './get-certificate.ts'

const openMs = 250

/** Queries which gateways have applied a revocation, repeatedly until all have. */
export const revocationReachQuery = ({ organization, certificateId }: CertificateKey) =>
  queryOptions({
    queryKey: ['certificate', organization, certificateId, 'enforcement'],
    queryFn: ({ signal }) =>
      call(operations.getCertificateRevocation, { params: { organization, certificateId }, signal }),
    refetchInterval: ({ state: { data } }) => {
      if (data === undefined || data.durationMilliseconds !== null) return false
      // A late confirmation needs an operator, so frequent polling is useless.
      return data.gateways.some(({ late }) => late) ? 20 * openMs : openMs
    },
  })
