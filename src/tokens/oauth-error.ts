import type { ErrorCode } from '../contract/error-codes.ts'
import { errorStatus } from '../contract/error-status.ts'
import { PosternError } from '../errors.ts'

/** The error codes of RFC 6749, 5.2 and RFC 8707, 2, and what each is called in the activity of the portal. */
const codes = {
  invalid_request: 'bad_request',
  invalid_client: 'client_authentication_failed',
  unauthorized_client: 'client_authentication_failed',
  unsupported_grant_type: 'bad_request',
  invalid_scope: 'scope_unknown',
  invalid_target: 'target_unknown',
  temporarily_unavailable: 'unavailable',
  server_error: 'internal_error',
} as const satisfies Record<string, ErrorCode>

/** One of the error codes of an OAuth endpoint. */
export type OAuthErrorName = keyof typeof codes

/** Whom a refusal is about, and what else is known. */
interface About {
  /** A client id that there is: nothing else may be recorded. */
  clientId?: string | undefined
  /** Of the credentials, where the client has proven to have them. */
  credentialId?: string
  retryAfterSeconds?: number
  /** A code that says more than the error does. */
  code?: ErrorCode
}

/**
 * A refusal in the words of RFC 6749, 5.2. Its sentence goes into `error_description`, which takes
 * printable ASCII without quotation marks and backslashes.
 */
export class OAuthError extends PosternError {
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

/** Any other refusal in these words: what the gateway says of a certificate, a size or a rate. */
export function toOAuthError({
  code,
  message,
  retryAfterSeconds,
}: Pick<PosternError, 'code' | 'message'> & { retryAfterSeconds?: number | undefined }): OAuthError {
  return new OAuthError(errorOf(code), message, {
    code,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  })
}

function errorOf(code: ErrorCode): OAuthErrorName {
  const status = errorStatus[code]
  if (code === 'internal_error') return 'server_error'
  if (status >= 500 || status === 429) return 'temporarily_unavailable'
  return code.startsWith('certificate_') ? 'invalid_client' : 'invalid_request'
}

/** Refusals that HTTP has a status of its own for, whatever the endpoint (RFC 9110, 15.5; RFC 6585). */
const ofHttp: ReadonlySet<number> = new Set([405, 408, 414, 417, 421, 429, 431])

/** RFC 6749, 5.2: 401 for the client and 400 for everything else that is about what it sent, its size too. */
function statusOf(error: OAuthErrorName, code: ErrorCode): number {
  if (error === 'invalid_client') return 401
  const status: number = errorStatus[code]
  return status >= 500 || ofHttp.has(status) ? status : 400
}
