import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import type { AuthorityView } from '../../../../../src/contract/authority.ts'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'
import { authoritiesQuery } from './list-authorities.ts'

/** Queries which certificates would be denied if an issuing CA were retired on a date: the dry run. */
export const retirementQuery = (issuerId: string, retiresAt: string) =>
  queryOptions({
    queryKey: ['authorities', issuerId, 'retirement', retiresAt],
    queryFn: ({ signal }) =>
      call(operations.retireCertificateAuthority, {
        params: { issuerId },
        body: { retiresAt, dryRun: true },
        signal,
      }),
    staleTime: 0,
  })

/** Sets the retirement date of an issuing CA, or removes it with null. */
export function useRetireAuthority({ id: issuerId, subject }: Pick<AuthorityView, 'id' | 'subject'>) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: Sent<typeof operations.retireCertificateAuthority>['body']) =>
      call(operations.retireCertificateAuthority, { params: { issuerId }, body, about: subject }),
    onSettled: () => queries.invalidateQueries({ queryKey: authoritiesQuery.queryKey }),
  })
}
