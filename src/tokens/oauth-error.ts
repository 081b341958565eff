import { type DenialCode, isDenialCode } from '../contract/denial-codes.ts'
import { errorStatus } from '../contract/error-status.ts'
import { PosternError } from '../errors.ts'

/**
 * The error codes of RFC 6749, section 5.2, and RFC 8707, section 2, and their codes in the activity of the
 * portal.
 */
const codes = {
  invalid_request: 'bad_request',
  invalid_client: 'client_authentication_failed',
  unauthorized_client: 'client_authentication_failed',
  unsupported_grant_type: 'bad_request',
  invalid_scope: 'scope_unknown',
  invalid_target: 'target_unknown',
  temporarily_unavailable: 'unavailable',
  server_error: 'internal_error',
} as const satisfies Record<string, DenialCode>

/** One of the error codes of an OAuth endpoint. */
export type OAuthErrorName = keyof typeof codes

/** The client that an error concerns, and other known details. */
interface About {
  /** A known client ID: nothing else may be recorded. */
  clientId?: string | undefined
  /** The credentials, if the client has proven possession. */
  credentialId?: string
  retryAfterSeconds?: number
  /** A code that is more specific than the error. */
  code?: DenialCode
}

/**
 * An error in the format of RFC 6749, section 5.2. Its sentence becomes the `error_description`, which allows
 * printable ASCII without quotation marks and backslashes.
 */
export class OAuthError extends PosternError {
  declare readonly code: DenialCode
  readonly error: OAuthErrorName
  readonly status: number
  readonly clientId: string | undefined
  readonly credentialId: string | undefined

  constructor(
    error: OAuthErrorName,
    sentence: string,
    { clientId, credentialId, code = codes[error], ...more }: About = {},
  ) {
    super(code, sentence, more)
    this.error = error
    this.status = statusOf(error, code)
    this.clientId = clientId
    this.credentialId = credentialId
  }
}

/**
 * Converts any other error to this format: what the gateway reports about a certificate, a size or a rate.
 */
export function toOAuthError({
  code,
  message,
  retryAfterSeconds,
}: Pick<PosternError, 'code' | 'message'> & { retryAfterSeconds?: number | undefined }): OAuthError {
  const cause = isDenialCode(code) ? code : 'internal_error'
  return new OAuthError(errorOf(cause), message, {
    code: cause,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  })
}

function errorOf(code: DenialCode): OAuthErrorName {
  const status = errorStatus[code]
  if (code === 'internal_error') return 'server_error'
  if (status >= 500 || status === 429) return 'temporarily_unavailable'
  if (code === 'organization_suspended' || code === 'organization_closed') return 'unauthorized_client'
  return code.startsWith('certificate_') ? 'invalid_client' : 'invalid_request'
}

/** Errors with an HTTP status of their own, whatever the endpoint (RFC 9110, section 15.5; RFC 6585). */
const ofHttp: ReadonlySet<number> = new Set([405, 408, 414, 417, 421, 429, 431])

/**
 * Returns the status (RFC 6749, section 5.2): 401 for the client, and 400 for any other error of the request,
 * including its size.
 */
function statusOf(error: OAuthErrorName, code: DenialCode): number {
  if (error === 'invalid_client') return 401
  const status: number = errorStatus[code]
  return status >= 500 || ofHttp.has(status) ? status : 400
}
