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
      const { id, matching } = await call(operations.createBulkRevocation, { body, signal, form: false })
      const { items } = await call(operations.listBulkRevocationCertificates, {
        params: { bulkRevocationId: id },
        query: { limit: namesShown },
        signal,
      })
      return { matching, names: items.map(({ name }) => name) }
    },
    staleTime: 0,
  })

/** For so long a user waits for the end of what goes on in the background. */
const waitMs = 60_000
/** How long one request waits for the next step. */
const stepSeconds = 10
/** The pause between two requests: each certificate is a step, and an account has a limit of requests. */
const pauseMs = 1000

/**
 * Revokes permanently what the dry run counted, and waits for the end of it; the numbers of the page follow. Many
 * certificates may still be revoked after it has returned.
 */
export function useRevokeCertificates() {
  const queries = useQueryClient()
  const refresh = () => queries.invalidateQueries({ queryKey: authoritiesQuery.queryKey })
  return useMutation({
    async mutationFn(body: NewBulk) {
      const { id, state } = await call(operations.createBulkRevocation, { body, form: body.issuerId ?? '' })
      // The job runs whether or not the page can follow it: a failure to follow is no failure to revoke.
      if (state === 'running') await followBulkRevocation(id, refresh).catch(() => undefined)
    },
    onSettled: refresh,
  })
}

/** Waits until a bulk revocation has ended, for a while, and calls `onStep` after each step of it. */
async function followBulkRevocation(bulkRevocationId: string, onStep: () => unknown): Promise<void> {
  for (const end = Date.now() + waitMs; Date.now() < end; onStep()) {
    const { state } = await call(operations.getBulkRevocation, {
      params: { bulkRevocationId },
      query: { wait: stepSeconds },
    })
    if (state !== 'running') return
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}
