import { createHash } from 'node:crypto'

/**
 * Maximum number of unexpired assertions of one client; above it the client has to wait, so that none of its
 * own is forgotten.
 */
const maxPerClient = 4096
const maxInAll = 131_072

/** An assertion with which a client has authenticated. */
export interface UsedAssertion {
  credentialId: string
  tokenId: string
  /** Milliseconds since 1970. */
  expiresAt: number
}

/**
 * Returns the name under which a used assertion is remembered: of fixed length, whatever the client chose.
 */
export const assertionIdOf = ({ credentialId, tokenId }: UsedAssertion): string =>
  createHash('sha256').update(`${credentialId} ${tokenId}`).digest('base64url')

/**
 * Creates this process's memory of used assertions until they expire. At the limit, the client with the most
 * loses its own oldest: no client can make an assertion of another usable again. The store remembers all of
 * them.
 */
export function createUsedAssertions() {
  const byClient = new Map<string, Map<string, number>>()
  let size = 0

  const forgetExpired = (own: Map<string, number>, now: number): void => {
    for (const [id, expiresAt] of own) if (expiresAt <= now && own.delete(id)) size -= 1
  }
  const keepWithin = (): void => {
    while (size > maxInAll) {
      const [largest] = [...byClient.values()].sort((a, b) => b.size - a.size)
      for (const id of [...(largest ?? [])].slice(0, maxPerClient / 4).map(([one]) => one))
        if (largest?.delete(id)) size -= 1
    }
  }

  return {
    /** Records an assertion: `new`, `used` if it was recorded before, `full` if its client has too many. */
    note(assertion: UsedAssertion, now: number): 'new' | 'used' | 'full' {
      const { credentialId, expiresAt } = assertion
      const own = byClient.get(credentialId) ?? new Map<string, number>()
      const id = assertionIdOf(assertion)
      if (own.has(id)) return 'used'
      if (own.size >= maxPerClient) forgetExpired(own, now)
      if (own.size >= maxPerClient) return 'full'
      byClient.set(credentialId, own)
      own.set(id, expiresAt)
      size += 1
      keepWithin()
      return 'new'
    },
    /** Removes expired assertions. */
    forgetExpired(now: number): void {
      for (const [credentialId, own] of byClient) {
        forgetExpired(own, now)
        if (own.size === 0) byClient.delete(credentialId)
      }
    },
    list: (): { id: string; expiresAt: number }[] =>
      [...byClient.values()].flatMap((own) => [...own].map(([id, expiresAt]) => ({ id, expiresAt }))),
    size: () => size,
  }
}

export type UsedAssertions = ReturnType<typeof createUsedAssertions>
