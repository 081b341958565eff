import type { Operation } from './operation.ts'
import { includesRole, type MemberRole, memberRoles, type OperatorRole, operatorRoles } from './roles.ts'

type Rule = Pick<Operation, 'access' | 'operatorToo' | 'method' | 'readsOnly'>

/** Returns whether the role in the organization of the path allows an operation. */
export const isAllowedToMember = (role: MemberRole, { access }: Rule): boolean =>
  access === 'anyone' || access === 'signed-in' || (access !== 'operator' && includesRole(role, access))

/** Returns whether the platform role allows an operation. An auditor reads what an operator may call. */
export const isAllowedToOperator = (
  role: OperatorRole,
  { access, operatorToo, method, readsOnly = method === 'GET' }: Rule,
): boolean =>
  access === 'anyone' ||
  access === 'signed-in' ||
  ((access === 'operator' || operatorToo === true) && (role === 'operator' || readsOnly))

/** Returns the roles that may call an operation: those of members, weakest first, then those of the provider. */
export const listRoles = (rule: Rule): (MemberRole | OperatorRole)[] => [
  ...memberRoles.filter((role) => isAllowedToMember(role, rule)),
  ...operatorRoles.filter((role) => isAllowedToOperator(role, rule)),
]
