import type { TokenClaims } from './access-token.ts'

const mostTokens = 50_000

/** A token whose signature has been verified, and the key that signed it. */
export interface VerifiedToken {
  claims: TokenClaims
  keyId: string
}

/**
 * Remembers verified tokens by their exact text: only the signature, which does not change. Expiry,
 * revocation and binding are for each request to ask.
 */
export function createTokenCache() {
  const tokens = new Map<string, VerifiedToken>()
  const byThumbprint = new Map<string, Set<string>>()

  const remove = (token: string): void => {
    const thumbprint = tokens.get(token)?.claims.cnf?.['x5t#S256'] ?? ''
    tokens.delete(token)
    const own = byThumbprint.get(thumbprint)
    own?.delete(token)
    if (own?.size === 0) byThumbprint.delete(thumbprint)
  }

  return {
    find: (token: string) => tokens.get(token),
    add(token: string, verified: VerifiedToken): void {
      // The oldest goes first.
      if (tokens.size >= mostTokens) remove(tokens.keys().next().value ?? '')
      tokens.set(token, verified)
      const thumbprint = verified.claims.cnf?.['x5t#S256']
      if (thumbprint === undefined) return
      byThumbprint.set(thumbprint, (byThumbprint.get(thumbprint) ?? new Set()).add(token))
    },
    remove,
    /** Forgets every token that is bound to a certificate. */
    forget(thumbprint: string): void {
      for (const token of byThumbprint.get(thumbprint) ?? []) tokens.delete(token)
      byThumbprint.delete(thumbprint)
    },
  }
}

export type TokenCache = ReturnType<typeof createTokenCache>
