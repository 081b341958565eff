import type { Operation } from '../contract/operation.ts'
import { needsOwnSignIn } from '../contract/provider-session.ts'
import { PosternError } from '../errors.ts'
import type { Session } from './handler.ts'

/**
 * Throws `other_sign_in_needed` for what a session that the provider of an organization began must not do with the
 * account of the user: whoever runs that provider could do it too.
 */
export function assertOwnSignIn(operation: Operation, { signedInBy }: Session): void {
  if (signedInBy !== null && needsOwnSignIn(operation))
    throw otherSignInNeeded('This concerns your account also outside of it')
}

/** Throws `other_sign_in_needed` unless a session reaches an organization. */
export function assertReached(organizationId: string, { signedInBy }: Session): void {
  if (signedInBy !== null && signedInBy !== organizationId)
    throw otherSignInNeeded('You belong to this one too')
}

/** The error for what a session that a provider began does not reach; `why` is a sentence without its end. */
export const otherSignInNeeded = (why: string) =>
  new PosternError(
    'other_sign_in_needed',
    `The OpenID provider of one organization signed you in, and this session opens that organization alone. ${why}: sign out, and sign in with your password or a passkey.`,
  )
