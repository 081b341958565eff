import { createPageSchema, PageQuery } from './common.ts'
import { operation } from './operation.ts'
import { ErasureView, PersonalRecord, UserParams, UserQuery, UserView } from './privacy.ts'

/** Operations on what is kept about people: its export, and its erasure. */
export const privacyOperations = {
  exportOwnData: operation({
    id: 'exportOwnData',
    summary: 'Read what is kept about you',
    method: 'GET',
    path: '/account/data',
    access: 'signed-in',
    query: PageQuery,
    reply: createPageSchema(PersonalRecord),
  }),
  eraseOwnAccount: operation({
    id: 'eraseOwnAccount',
    summary: 'Erase your own account; the audit log keeps a pseudonym',
    method: 'DELETE',
    path: '/account',
    access: 'signed-in',
    reply: null,
    status: 204,
    stepUp: true,
    errors: ['last_admin', 'conflict'],
  }),
  listUsers: operation({
    id: 'listUsers',
    summary: 'List users, or find the one with an email address',
    method: 'GET',
    path: '/users',
    access: 'operator',
    query: UserQuery,
    reply: createPageSchema(UserView),
  }),
  exportUserData: operation({
    id: 'exportUserData',
    summary: 'Read what is kept about a user',
    method: 'GET',
    path: '/users/:userId/data',
    access: 'operator',
    params: UserParams,
    query: PageQuery,
    reply: createPageSchema(PersonalRecord),
  }),
  erasePerson: operation({
    id: 'erasePerson',
    summary: 'Erase a user; the audit log keeps a pseudonym',
    method: 'DELETE',
    path: '/users/:userId',
    access: 'operator',
    params: UserParams,
    reply: ErasureView,
    status: 202,
    stepUp: true,
    errors: ['last_admin', 'conflict'],
  }),
  getErasure: operation({
    id: 'getErasure',
    summary: 'How far the erasure of a user is',
    method: 'GET',
    path: '/users/:userId/erasure',
    access: 'operator',
    params: UserParams,
    reply: ErasureView,
  }),
}
