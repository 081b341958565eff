import {
  createListSchema,
  createPageSchema,
  EnvironmentParams,
  OrganizationParams,
  PageQuery,
} from './common.ts'
import { EnvironmentView } from './environment.ts'
import { operation } from './operation.ts'
import { OrganizationView } from './organization.ts'
import { environmentPath, organizationPath } from './paths.ts'
import { searchText } from './text.ts'

/** Operations on organizations and their environments. */
export const organizationOperations = {
  listOrganizations: operation({
    id: 'listOrganizations',
    summary: 'All organizations, for operators',
    method: 'GET',
    path: '/organizations',
    access: 'operator',
    query: PageQuery.extend({
      text: searchText.optional().meta({ description: 'Part of the slug or the legal name.' }),
    }),
    reply: createPageSchema(OrganizationView),
  }),
  getOrganization: operation({
    id: 'getOrganization',
    summary: 'One organization',
    method: 'GET',
    path: organizationPath,
    access: 'viewer',
    operatorToo: true,
    params: OrganizationParams,
    reply: OrganizationView,
  }),
  getEnvironment: operation({
    id: 'getEnvironment',
    summary: 'One environment, its gateway and its policy',
    method: 'GET',
    path: environmentPath,
    access: 'viewer',
    operatorToo: true,
    params: EnvironmentParams,
    reply: EnvironmentView,
  }),
  listEnvironments: operation({
    id: 'listEnvironments',
    summary: 'The environments, their gateways and their policy',
    method: 'GET',
    path: `${organizationPath}/environments`,
    access: 'viewer',
    operatorToo: true,
    params: OrganizationParams,
    reply: createListSchema(EnvironmentView),
  }),
}
