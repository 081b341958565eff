import { createPageSchema, EnvironmentParams, PageQuery } from './common.ts'
import {
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
    summary: 'Get the enforcement policy of an organization, and the calls that it denies or would deny',
    method: 'GET',
    path: `${environmentPath}/enforcement-policy`,
    access: 'viewer',
    operatorToo: true,
    params: EnvironmentParams,
    reply: EnforcementPolicyView,
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
