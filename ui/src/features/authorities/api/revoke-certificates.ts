import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import type { RevocationReason } from '../../../../../src/contract/certificate.ts'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'
import { authoritiesQuery } from './list-authorities.ts'

/** Queries which certificates of an issuer would be revoked for this reason: the dry run. */
export const issuerRevocationQuery = (issuerId: string, reason: RevocationReason) =>
  queryOptions({
    queryKey: ['authorities', issuerId, 'revocation', reason],
    queryFn: ({ signal }) => call(operations.revokeCertificates, { body: { issuerId, reason }, signal }),
    staleTime: 0,
  })

/** Revokes permanently what the dry run named. */
export function useRevokeCertificates() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: Sent<typeof operations.revokeCertificates>['body']) =>
      call(operations.revokeCertificates, { body }),
    onSettled: () => queries.invalidateQueries({ queryKey: authoritiesQuery.queryKey }),
  })
}
