import { createListSchema, createPageSchema, OrganizationParams, PageQuery } from './common.ts'
import { EnvironmentView } from './environment.ts'
import { operation } from './operation.ts'
import { organizationPath } from './paths.ts'
import { OrganizationView } from './session.ts'
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
