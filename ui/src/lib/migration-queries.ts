import { queryOptions } from '@tanstack/react-query'
import { operations } from '../../../src/contract/operations.ts'
import { call } from './call.ts'

interface Place {
  organization: string
  environment: string
}

/** Queries the plan by which an organization leaves certificates from other CAs. */
export const migrationQuery = (params: Place) =>
  queryOptions({
    queryKey: ['migration', params.organization, params.environment],
    queryFn: ({ signal }) => call(operations.getMigration, { params, signal }),
  })

/** Queries its certificates from other CAs, and the calls with them. */
export const migrationImpactQuery = (params: Place) =>
  queryOptions({
    queryKey: ['migration-impact', params.organization, params.environment],
    queryFn: ({ signal }) => call(operations.getMigrationImpact, { params, signal }),
  })
