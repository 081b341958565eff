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
  getEnforcementPlan: operation({
    id: 'getEnforcementPlan',
    summary: 'Whether callers of the organization need a certificate, and which calls would be refused',
    method: 'GET',
    path: `${environmentPath}/enforcement-plan`,
    access: 'viewer',
    operatorToo: true,
    params: EnvironmentParams,
    reply: EnforcementPolicyView,
  }),
  setEnforcementPlan: operation({
    id: 'setEnforcementPlan',
    summary: 'Decide whether callers of an organization need a certificate, now or from a moment on',
    method: 'POST',
    path: `${environmentPath}/enforcement-plan`,
    access: 'operator',
    params: EnvironmentParams,
    body: NewEnforcementPolicy,
    reply: EnforcementPolicyView,
    errors: ['conflict', 'enforcement_would_cut', 'enforcement_not_observed'],
  }),
  listEnforcementPlans: operation({
    id: 'listEnforcementPlans',
    summary: 'How far every organization is, in each environment',
    method: 'GET',
    path: '/enforcement-plans',
    access: 'operator',
    query: PageQuery,
    reply: createPageSchema(EnforcementPolicySummary),
  }),
}
