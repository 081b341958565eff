import { queryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Queries the facts of an organization. */
export const organizationQuery = (organization: string) =>
  queryOptions({
    queryKey: ['organization', organization],
    queryFn: ({ signal }) => call(operations.getOrganization, { params: { organization }, signal }),
  })

/** Queries what an organization has. */
export const organizationUseQuery = (organization: string) =>
  queryOptions({
    queryKey: ['organization', organization, 'use'],
    queryFn: ({ signal }) => call(operations.getOrganizationUse, { params: { organization }, signal }),
  })

/** Queries the limits of an organization. */
export const organizationLimitsQuery = (organization: string) =>
  queryOptions({
    queryKey: ['organization', organization, 'limits'],
    queryFn: ({ signal }) => call(operations.getOrganizationLimits, { params: { organization }, signal }),
  })

/** Queries what an organization demands of the sign-in of its members. */
export const securityPolicyQuery = (organization: string) =>
  queryOptions({
    queryKey: ['organization', organization, 'security-policy'],
    queryFn: ({ signal }) => call(operations.getSecurityPolicy, { params: { organization }, signal }),
  })
