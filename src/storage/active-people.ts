import type { Queries } from './transact.ts'

/** A person who can sign in, and so gets emails that are for the role. */
export interface ActivePerson {
  id: string
  email: string
}

/** Lists the admins of an organization who are not deactivated, by their addresses. */
export const listActiveAdmins = (queries: Queries, organizationId: string): Promise<ActivePerson[]> =>
  queries
    .selectFrom('members')
    .innerJoin('users', 'users.id', 'members.user_id')
    .select(['users.id', 'email'])
    .where('organization_id', '=', organizationId)
    .where('role', '=', 'admin')
    .where('deactivated_at', 'is', null)
    .orderBy('email')
    .execute()

/** Lists the operators who are not deactivated, by their addresses. */
export const listActiveOperators = (queries: Queries): Promise<ActivePerson[]> =>
  queries
    .selectFrom('users')
    .select(['id', 'email'])
    .where('operator_role', '=', 'operator')
    .where('deactivated_at', 'is', null)
    .orderBy('email')
    .execute()
