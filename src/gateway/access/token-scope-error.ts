import { PosternError } from '../../errors.ts'

/** A call needs a scope that its access token does not have; the challenge of the answer names it (RFC 6750, 3). */
export class TokenScopeError extends PosternError {
  readonly requiredScope: string

  constructor(requiredScope: string, granted: string) {
    super(
      'token_scope_missing',
      `This request requires the scope ${requiredScope}, but the token has ${granted || 'none'}. Request a token with ${requiredScope}. The API credentials must include it.`,
    )
    this.requiredScope = requiredScope
  }
}
