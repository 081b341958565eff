import type { Environment } from '../config/config.ts'
import type { Operation } from '../contract/operation.ts'
import { isAllowedToMember, isAllowedToOperator } from '../contract/permissions.ts'
import type { MemberRole } from '../contract/roles.ts'
import { PosternError } from '../errors.ts'
import type { ApiKeyHolder } from '../shapes/api-key-holder.ts'
import { notActive, type Organization } from '../shapes/organization.ts'
import type { Session } from './handler.ts'
import { assertKeyMayCall, assertKeyMayProvision, findKeyRole } from './key-rights.ts'
import { assertOwnSignIn, assertReached } from './provider-session.ts'

/** The stored data that authorization reads. */
export interface AccessDetails {
  findOrganization(slug: string): Promise<Organization | undefined>
  findRole(organizationId: string, userId: string): Promise<MemberRole | undefined>
  environments: ReadonlyMap<string, Environment>
  /** Whether operators and auditors need a session with a second factor. */
  operatorsNeedSecondFactor: boolean
}

/** The result of an authorization: session and organization. */
export interface Admission {
  organization: Organization | undefined
  /** Whether the platform role admits the user, and not a role in the organization. */
  asOperator: boolean
  environment: Environment | undefined
}

/**
 * Decides whether a user may call an operation; the only place that does. Throws `not_signed_in`,
 * `password_change_required`, `second_factor_needed`, `other_sign_in_needed`, `forbidden`, `api_key_not_allowed`, or `not_found` for objects
 * that the user may not know of: another
 * organization's objects do not exist.
 */
export async function authorize(
  details: AccessDetails,
  operation: Operation,
  session: Session | undefined,
  params: Readonly<Record<string, string>>,
): Promise<Admission> {
  if (session?.key !== undefined) assertKeyMayCall(operation, session.key)
  if (operation.access === 'anyone')
    return { organization: undefined, asOperator: false, environment: undefined }
  if (session === undefined) throw new PosternError('not_signed_in', 'Sign in first.')
  if (session.mustChangePassword && !operation.beforePasswordChange) {
    throw new PosternError(
      'password_change_required',
      'Choose a new password first; the one-time password is only for that.',
    )
  }
  const { organization, asOperator } = await admitToOrganization(
    details,
    operation,
    session,
    params.organization,
  )
  const environment =
    params.environment === undefined ? undefined : details.environments.get(params.environment)
  if (params.environment !== undefined && environment === undefined) throw notFound()
  return { organization, asOperator, environment }
}

/**
 * Decides whether a key may provision the users of an organization over SCIM, which is no operation of the API. Throws
 * `not_signed_in`, `api_key_not_allowed`, `not_found` for another organization's key, and what an organization that is
 * not active answers.
 */
export async function authorizeProvisioning(
  { findOrganization }: Pick<AccessDetails, 'findOrganization'>,
  { key }: Session,
  slug: string,
): Promise<{ key: ApiKeyHolder; organization: Organization }> {
  if (key === undefined) throw new PosternError('not_signed_in', 'Send an API key with the role provisioner.')
  assertKeyMayProvision(key)
  const organization = await findOrganization(slug)
  if (organization === undefined || organization.id !== key.organizationId) throw notFound()
  if (organization.status !== 'active') throw notActive(organization.status)
  return { key, organization }
}

async function admitToOrganization(
  details: AccessDetails,
  operation: Operation,
  session: Session,
  slug: string | undefined,
): Promise<Omit<Admission, 'environment'>> {
  const { access, operatorToo } = operation
  if (access === 'signed-in') {
    assertOwnSignIn(operation, session)
    return { organization: undefined, asOperator: false }
  }
  const { operatorRole } = session
  if (details.operatorsNeedSecondFactor && operatorRole !== null && !isProven(session))
    throw secondFactorNeeded('The provider')
  const mayOperate = operatorRole !== null && isAllowedToOperator(operatorRole, operation)
  if (access === 'operator') {
    if (!mayOperate) throw forbidden('Only operators may do this.')
    if (slug === undefined) return { organization: undefined, asOperator: true }
  }
  const organization = slug === undefined ? undefined : await details.findOrganization(slug)
  if (organization === undefined) throw notFound()
  if (access === 'operator') return { organization, asOperator: true }
  const role =
    session.key === undefined
      ? await details.findRole(organization.id, session.userId)
      : await findKeyRole(details, organization.id, session.key)
  const isActive = organization.status === 'active'
  const isMember = isActive && role !== undefined && isAllowedToMember(role, operation)
  if (operatorToo && mayOperate && !isMember) return { organization, asOperator: true }
  if (role === undefined && operatorRole === null) throw notFound()
  assertReached(organization.id, session)
  if (role !== undefined && organization.requiresSecondFactor && !isProven(session, organization.id))
    throw secondFactorNeeded('The organization')
  if (organization.status !== 'active') throw notActive(organization.status)
  if (isMember) return { organization, asOperator: false }
  throw forbidden(`This needs the role ${access} in the organization. Ask one of its admins.`)
}

const notFound = () => new PosternError('not_found', 'There is nothing here, or nothing that you may see.')
/**
 * Returns whether a session began with a second factor. The key of an organization needs none: an admin who met the
 * demand made it. The key of a user proves no factor. What an OpenID provider states counts for its organization alone.
 */
const isProven = ({ secondFactor, secondFactorFor, key }: Session, organizationId?: string): boolean =>
  secondFactor !== null ||
  key?.user === null ||
  (secondFactorFor !== null && secondFactorFor === organizationId)

const secondFactorNeeded = (who: string) =>
  new PosternError(
    'second_factor_needed',
    `${who} demands a second factor, and this session began without one. Add one under Sign-in methods, or sign in with it.`,
  )
const forbidden = (sentence: string) => new PosternError('forbidden', sentence)
