import { queryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Queries API credentials with their entity tag. */
export const credentialQuery = (params: { organization: string; credentialId: string }) =>
  queryOptions({
    queryKey: ['credential', params.organization, params.credentialId],
    queryFn: ({ signal }) => call(operations.getCredential, { params, signal }),
  })
