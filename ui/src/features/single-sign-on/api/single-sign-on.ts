import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import type { SingleSignOnView } from '../../../../../src/contract/single-sign-on.ts'
import { call } from '../../../lib/call.ts'

/** Queries the single sign-on of an organization. */
export const singleSignOnQuery = (organization: string) =>
  queryOptions({
    queryKey: ['single-sign-on', organization],
    queryFn: ({ signal }) => call(operations.getSingleSignOn, { params: { organization }, signal }),
  })

/** Changes the single sign-on of an organization, unless another admin has changed it since `edited`. */
export function useSetSingleSignOn(organization: string, edited: SingleSignOnView) {
  const keep = useKeep(organization)
  return useMutation({
    mutationFn: (body: Sent<typeof operations.setSingleSignOn>['body']) =>
      call(operations.setSingleSignOn, { params: { organization }, body, edited }),
    gcTime: 0,
    onSuccess: keep,
  })
}

/** Looks up the TXT record of a domain. */
export function useCheckDomain(organization: string) {
  const keep = useKeep(organization)
  return useMutation({
    mutationFn: (domain: string) =>
      call(operations.checkSingleSignOnDomain, { params: { organization, domain }, form: false }),
    onSuccess: keep,
  })
}

/** Deletes the single sign-on of an organization. */
export function useDeleteSingleSignOn(organization: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: () => call(operations.deleteSingleSignOn, { params: { organization } }),
    onSuccess: () => queries.invalidateQueries(singleSignOnQuery(organization)),
  })
}

function useKeep(organization: string) {
  const queries = useQueryClient()
  return (now: SingleSignOnView) => queries.setQueryData(singleSignOnQuery(organization).queryKey, now)
}
