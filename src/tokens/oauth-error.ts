import type { ErrorCode } from '../contract/error-codes.ts'
import { PosternError } from '../errors.ts'

/** The error codes of RFC 6749, 5.2, and what each is called in the activity of the portal. */
const codes = {
  invalid_request: 'bad_request',
  invalid_client: 'client_authentication_failed',
  unauthorized_client: 'client_authentication_failed',
  unsupported_grant_type: 'bad_request',
  invalid_scope: 'scope_unknown',
  temporarily_unavailable: 'unavailable',
  slow_down: 'too_many_requests',
} as const satisfies Record<string, ErrorCode>

const statuses: Partial<Record<keyof typeof codes, number>> = {
  invalid_client: 401,
  temporarily_unavailable: 503,
  slow_down: 429,
}

/**
 * A refusal in the words of RFC 6749, 5.2. Its sentence goes into `error_description`, which takes
 * printable ASCII without quotation marks and backslashes.
 */
export class OAuthError extends PosternError {
  readonly error: keyof typeof codes
  readonly status: number
  /** Whom it was about, where that is a client id that there is: nothing else may be recorded. */
  readonly clientId: string | undefined
  /** Of the credentials, where the client has proven to have them. */
  readonly credentialId: string | undefined

  constructor(
    error: keyof typeof codes,
    sentence: string,
    {
      clientId,
      credentialId,
      ...more
    }: { clientId?: string | undefined; credentialId?: string; retryAfterSeconds?: number } = {},
  ) {
    super(codes[error], sentence, more)
    this.error = error
    this.status = statuses[error] ?? 400
    this.clientId = clientId
    this.credentialId = credentialId
  }
}
