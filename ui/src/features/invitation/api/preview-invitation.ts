import { queryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Queries what an invitation is about; changes nothing. */
export const invitationPreviewQuery = (token: string) =>
  queryOptions({
    queryKey: ['invitation', token],
    queryFn: ({ signal }) => call(operations.previewInvitation, { body: { token }, form: false, signal }),
    staleTime: 0,
    gcTime: 0,
  })
