import { queryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'
import type { CertificateKey } from './get-certificate.ts'

const openMilliseconds = 250

/** At which gateways a revocation is in force; asked for again until it is at all of them. */
export const enforcementQuery = ({ organization, certificateId }: CertificateKey) =>
  queryOptions({
    queryKey: ['certificate', organization, certificateId, 'enforcement'],
    queryFn: ({ signal }) =>
      call(operations.getEnforcement, { params: { organization, certificateId }, signal }),
    refetchInterval: ({ state: { data } }) => {
      if (data === undefined || data.milliseconds !== null) return false
      // What is late by now comes when somebody has looked after it.
      return data.gateways.some(({ late }) => late) ? 20 * openMilliseconds : openMilliseconds
    },
  })
