import { queryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Queries the environments that an organization sees. */
export const environmentsQuery = (organization: string) =>
  queryOptions({
    queryKey: ['environments', organization],
    queryFn: async ({ signal }) =>
      (await call(operations.listEnvironments, { params: { organization }, signal })).items,
    staleTime: 5 * 60_000,
  })
