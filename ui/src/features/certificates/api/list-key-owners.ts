import { queryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Queries the certificates of the organization, in any environment, that have a public key already. */
export const keyOwnersQuery = (organization: string, publicKeySha256: string) =>
  queryOptions({
    queryKey: ['certificates', { organization }, { publicKeySha256 }],
    queryFn: ({ signal }) =>
      call(operations.listCertificates, {
        params: { organization },
        query: { publicKeySha256, limit: 1 },
        signal,
      }),
    staleTime: 0,
  })
