import { createPageSchema, OrganizationParams, PageQuery } from './common.ts'
import { MemberChange, MemberParams, MemberView } from './member.ts'
import { operation } from './operation.ts'
import { memberPath, organizationPath } from './paths.ts'

/** Operations on the members of an organization. */
export const memberOperations = {
  listMembers: operation({
    id: 'listMembers',
    summary: 'The members of an organization with their roles',
    method: 'GET',
    path: `${organizationPath}/members`,
    access: 'viewer',
    operatorToo: true,
    params: OrganizationParams,
    query: PageQuery,
    reply: createPageSchema(MemberView),
  }),
  getMember: operation({
    id: 'getMember',
    summary: 'One member',
    method: 'GET',
    path: memberPath,
    access: 'viewer',
    operatorToo: true,
    params: MemberParams,
    reply: MemberView,
  }),
  updateMember: operation({
    id: 'updateMember',
    summary: 'Change the role of a member',
    method: 'PATCH',
    path: memberPath,
    access: 'admin',
    operatorToo: true,
    stepUp: true,
    params: MemberParams,
    body: MemberChange,
    reply: MemberView,
    changes: 'getMember',
    errors: ['last_admin'],
  }),
  removeMember: operation({
    id: 'removeMember',
    summary: 'Remove a member, who loses all rights in the organization immediately',
    method: 'DELETE',
    path: memberPath,
    access: 'admin',
    operatorToo: true,
    stepUp: true,
    params: MemberParams,
    reply: null,
    status: 204,
    changes: 'getMember',
    errors: ['last_admin'],
  }),
  leaveOrganization: operation({
    id: 'leaveOrganization',
    summary: 'End your own membership',
    method: 'DELETE',
    path: `${organizationPath}/membership`,
    access: 'viewer',
    stepUp: true,
    params: OrganizationParams,
    reply: null,
    status: 204,
    errors: ['last_admin'],
  }),
}
