import type { Operation } from './operation.ts'

/**
 * What a session that the OpenID provider of an organization began may call of what belongs to the user, without a proof
 * by the user's own password or factor: it reads what the provider knows, ends or shows what is of this organization, and
 * completes what a step-up proof has begun.
 */
const callable: ReadonlySet<string> = new Set([
  'getSession',
  'signOut',
  'beginStepUp',
  'proveStepUp',
  // It asks for the present password.
  'changePassword',
  'getAccount',
  // It answers only where the user has never answered.
  'answerTimeZone',
  'getSignInMethods',
  'listPasskeys',
  'getPasskey',
  'registerPasskey',
  'confirmTotp',
  // These answer for the organization of the provider alone.
  'listSessions',
  'endSession',
  'endOtherSessions',
  'listOwnApiKeys',
  'getOwnApiKey',
  'deleteOwnApiKey',
  'listOwnEmails',
  'getOwnEmail',
])

/**
 * Returns whether an operation on what belongs to a user needs a session that the user began without the provider of an
 * organization: it reaches beyond this organization, and no step-up proof says that the user wants it.
 */
export const needsOwnSignIn = ({ id, access, stepUp }: Operation): boolean =>
  access === 'signed-in' && stepUp === undefined && !callable.has(id)
