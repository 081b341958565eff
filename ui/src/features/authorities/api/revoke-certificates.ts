import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'
import { authoritiesQuery } from './list-authorities.ts'

type NewBulk = Sent<typeof operations.createBulkRevocation>['body']

/** How many certificates a dry run names. */
const namesShown = 10

/** Queries which certificates of an issuer would be revoked for this reason: the dry run, and the first names. */
export const issuerRevocationQuery = (issuerId: string, reason: NewBulk['reason']) =>
  queryOptions({
    queryKey: ['authorities', issuerId, 'revocation', reason],
    async queryFn({ signal }) {
      const body = { issuerId, reason, dryRun: true }
      const { id, matching } = await call(operations.createBulkRevocation, { body, signal })
      const { items } = await call(operations.listBulkRevocationCertificates, {
        params: { bulkRevocationId: id },
        query: { limit: namesShown },
        signal,
      })
      return { matching, names: items.map(({ name }) => name) }
    },
    staleTime: 0,
  })

/** Revokes permanently what the dry run counted, in the background. */
export function useRevokeCertificates() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: NewBulk) => call(operations.createBulkRevocation, { body }),
    onSettled: () => queries.invalidateQueries({ queryKey: authoritiesQuery.queryKey }),
  })
}
