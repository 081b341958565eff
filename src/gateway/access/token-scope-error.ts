import { PosternError } from '../../errors.ts'

/** A call needs a scope that its access token does not have; the challenge of the answer names it (RFC 6750, 3). */
export class TokenScopeError extends PosternError {
  readonly requiredScope: string

  constructor(requiredScope: string, granted: string) {
    super(
      'token_scope_missing',
      `This call needs the scope ${requiredScope}, and the access token has ${granted || 'none'}. Fetch a token with that scope, for API credentials that have it.`,
    )
    this.requiredScope = requiredScope
  }
}
