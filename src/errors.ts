import type { PosternCode } from './contract/postern-code.ts'

/**
 * The only error that Postern throws on purpose: a stable code, a sentence for the user, and optionally a
 * detail for the log only. The sentence never repeats input that may be a secret. Handlers branch on `code`,
 * never on text.
 */
export class PosternError extends Error {
  override name = 'PosternError'
  readonly code: PosternCode
  /** For the log, never for the client. */
  readonly detail: string | undefined
  /** Seconds until a retry may succeed; undefined if unknown. */
  readonly retryAfterSeconds: number | undefined

  constructor(
    code: PosternCode,
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
