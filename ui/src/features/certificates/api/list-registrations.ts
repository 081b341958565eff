import { queryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Queries the latest registrations of the organization in the environment. */
export const registrationsQuery = (params: { organization: string; environment: string }) =>
  queryOptions({
    queryKey: ['registrations', params.organization, params.environment],
    queryFn: ({ signal }) => call(operations.listRegistrations, { params, query: { limit: 50 }, signal }),
  })
