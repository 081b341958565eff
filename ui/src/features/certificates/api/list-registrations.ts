import { queryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Queries the latest registrations of the organization in the environment. */
export const registrationsQuery = ({
  organization,
  environment,
}: {
  organization: string
  environment: string
}) =>
  queryOptions({
    queryKey: ['registrations', organization, environment],
    queryFn: ({ signal }) =>
      call(operations.listRegistrations, {
        params: { organization },
        query: { environment, limit: 50 },
        signal,
      }),
  })
