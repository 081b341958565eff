import type { ErrorCode } from '../contract/error-codes.ts'
import { isLive, type Operation } from '../contract/operation.ts'
import { organizationPath } from '../contract/paths.ts'
import { needsOwnSignIn } from '../contract/provider-session.ts'

/** Errors of any request, which can occur before the operation is known. */
const commonErrors = [
  'bad_request',
  'method_not_allowed',
  'request_timeout',
  'headers_too_large',
  'target_too_long',
  'expectation_failed',
  'transfer_coding_unknown',
  'internal_error',
  'storage_unavailable',
  'too_many_requests',
  'session_cookie_repeated',
  'api_key_invalid',
  'api_key_expired',
  'api_key_network',
  'api_key_not_allowed',
  'api_key_with_cookie',
] as const satisfies ErrorCode[]

/** Errors of requests with an idempotency key. */
const keyErrors = [
  'idempotency_key_invalid',
  'idempotency_key_reused',
  'idempotency_key_in_use',
  'idempotency_answer_lost',
] as const satisfies ErrorCode[]

/**
 * Returns the codes of all errors that a request to the address of an operation can get: also before the operation is
 * known, such as `method_not_allowed`.
 */
export function possibleErrors(operation: Operation): ErrorCode[] {
  const { method, params, query, reply, errors = [], creates, changes, stepUp } = operation
  const codes: ErrorCode[] = [...commonErrors, ...accessErrors(operation), ...errors]
  if (changes !== undefined) codes.push('precondition_failed')
  if (operation.secondPerson !== undefined) codes.push('second_person_required')
  if (stepUp) codes.push('forbidden', 'step_up_required', 'step_up_invalid')
  if (creates !== undefined) codes.push(...keyErrors)
  if (params !== undefined) codes.push('not_found')
  if (query !== undefined && 'cursor' in query.shape) codes.push('cursor_invalid')
  // A body is read for every method that may have one, even if the operation takes none.
  if (method !== 'GET') codes.push('body_too_large', 'unsupported_media_type', 'cross_site_request')
  if (isLive(reply)) codes.push('unavailable')
  return [...new Set(codes)]
}

/** Returns the codes of `authorize`. Members of an organization may read; only who is none gets `not_found`. */
function accessErrors(operation: Operation): ErrorCode[] {
  const { access, operatorToo, beforePasswordChange, path } = operation
  if (access === 'anyone') return []
  const isOfOrganization = access !== 'operator' && path.startsWith(organizationPath)
  const isForEveryRole = access === 'signed-in' || (access === 'viewer' && operatorToo === true)
  return [
    'not_signed_in',
    ...(beforePasswordChange ? [] : (['password_change_required'] as const)),
    ...(access === 'operator' || path.startsWith(organizationPath)
      ? (['second_factor_needed'] as const)
      : []),
    ...(isForEveryRole ? [] : (['forbidden'] as const)),
    ...(isOfOrganization ? (['organization_suspended', 'organization_closed'] as const) : []),
    ...(isOfOrganization || needsOwnSignIn(operation) ? (['other_sign_in_needed'] as const) : []),
  ]
}
