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

/** For so many seconds a user waits for the end of what goes on in the background. */
const waitSeconds = 30

/** Revokes permanently what the dry run counted. Many certificates may still be revoked after it has returned. */
export function useRevokeCertificates() {
  const queries = useQueryClient()
  return useMutation({
    async mutationFn(body: NewBulk) {
      const { id, state } = await call(operations.createBulkRevocation, { body })
      if (state !== 'running') return
      const params = { bulkRevocationId: id }
      // The job runs whether or not the page can follow it: a failure to follow is no failure to revoke.
      await call(operations.getBulkRevocation, { params, query: { wait: waitSeconds } }).catch(
        () => undefined,
      )
    },
    onSettled: () => queries.invalidateQueries({ queryKey: authoritiesQuery.queryKey }),
  })
}
