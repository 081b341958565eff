import type { ErrorCode } from './contract/error-codes.ts'

/**
 * The one error that Postern throws on purpose: a stable code, a sentence for the person who
 * reads it, and optionally a detail for the log alone. The sentence never repeats input that
 * may be a secret. Whoever handles it branches on `code`, never on text.
 */
export class PosternError extends Error {
  override name = 'PosternError'
  readonly code: ErrorCode
  /** For the log, never for the caller. */
  readonly detail: string | undefined
  /** After how long it may be tried again; nothing where that is not known. */
  readonly retryAfterSeconds: number | undefined

  constructor(
    code: ErrorCode,
    message: string,
    {
      detail,
      cause,
      retryAfterSeconds,
    }: { detail?: string | undefined; cause?: unknown; retryAfterSeconds?: number | undefined } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.detail = detail
    this.retryAfterSeconds = retryAfterSeconds
  }
}
