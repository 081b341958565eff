import { createPageSchema, EnvironmentParams, PageQuery } from './common.ts'
import {
  EnforcementImpactView,
  EnforcementPolicySummary,
  EnforcementPolicyView,
  NewEnforcementPolicy,
} from './enforcement-policy.ts'
import { operation } from './operation.ts'
import { environmentPath } from './paths.ts'

/** Operations on mTLS enforcement: whether clients need a certificate, and which clients are ready. */
export const enforcementOperations = {
  getEnforcementPolicy: operation({
    id: 'getEnforcementPolicy',
    summary: 'Get the enforcement policy of an organization',
    method: 'GET',
    path: `${environmentPath}/enforcement-policy`,
    access: 'viewer',
    operatorToo: true,
    params: EnvironmentParams,
    reply: EnforcementPolicyView,
  }),
  getEnforcementImpact: operation({
    id: 'getEnforcementImpact',
    summary: 'Count the calls that the enforcement policy of an organization denies or would deny',
    method: 'GET',
    path: `${environmentPath}/enforcement-policy/impact`,
    access: 'viewer',
    operatorToo: true,
    params: EnvironmentParams,
    reply: EnforcementImpactView,
  }),
  setEnforcementPolicy: operation({
    id: 'setEnforcementPolicy',
    summary: 'Set whether clients of an organization need a certificate, now or from a date on',
    method: 'PUT',
    path: `${environmentPath}/enforcement-policy`,
    access: 'operator',
    params: EnvironmentParams,
    body: NewEnforcementPolicy,
    reply: EnforcementPolicyView,
    changes: 'getEnforcementPolicy',
    errors: ['conflict', 'enforcement_would_deny_calls', 'enforcement_not_observed'],
  }),
  listEnforcementPolicies: operation({
    id: 'listEnforcementPolicies',
    summary: 'List the enforcement policies of all organizations, per environment',
    method: 'GET',
    path: '/enforcement-policies',
    access: 'operator',
    query: PageQuery,
    reply: createPageSchema(EnforcementPolicySummary),
  }),
}
