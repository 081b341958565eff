import type { ErrorCode } from '../contract/error-codes.ts'
import { isLive, type Operation } from '../contract/operation.ts'

/** Errors of any request, which can occur before the operation is known. */
const commonErrors = [
  'bad_request',
  'request_timeout',
  'headers_too_large',
  'target_too_long',
  'expectation_failed',
  'transfer_coding_unknown',
  'internal_error',
  'storage_unavailable',
  'too_many_requests',
  'session_cookie_repeated',
] as const satisfies ErrorCode[]

/** Returns the codes of all errors that an operation can answer. */
export function possibleErrors({
  method,
  access,
  params,
  query,
  reply,
  errors = [],
}: Operation): ErrorCode[] {
  const codes: ErrorCode[] = [...commonErrors, ...errors]
  if (access !== 'anyone') codes.push('not_signed_in', 'password_change_required', 'forbidden')
  if (params !== undefined) codes.push('not_found')
  if (query !== undefined && 'cursor' in query.shape) codes.push('cursor_invalid')
  // A body is read for every method that may have one, even if the operation takes none.
  if (method !== 'GET') codes.push('body_too_large', 'unsupported_media_type', 'cross_site_request')
  if (isLive(reply)) codes.push('unavailable')
  return codes
}
