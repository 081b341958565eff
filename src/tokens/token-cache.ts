import type { TokenClaims } from '../shapes/live-token.ts'

/** Bytes that may be kept of the tokens of all organizations together, and of those of one. */
export interface CacheLimits {
  bytes: number
  share: number
}

/** A token whose signature has been verified, and the key that signed it. */
export interface VerifiedToken {
  claims: TokenClaims
  keyId: string
}

interface Entry extends VerifiedToken {
  token: string
  account: Account
  /** An estimate: of the token, and of what is kept beside it. */
  bytes: number
}

/** What is kept for an organization, the oldest first. */
interface Account {
  organizationId: string
  entries: Set<Entry>
  bytes: number
}

/** Measured: the claims as an object, and the tables that lead to it. */
const entryBytes = 800
/** Tokens that expire within the same ten seconds leave together. */
const groupMilliseconds = 10_000
/** As much of a limit is emptied at once, so that a full cache does not look for what to drop with each token. */
const emptiedPart = 16

const mebibyte = 1_048_576

/** An eighth of the heap, between 16 and 128 MiB, and a quarter of that for one organization. */
export function limitsOfHeap(heapBytes: number): CacheLimits {
  const bytes = Math.min(Math.max(heapBytes / 8, 16 * mebibyte), 128 * mebibyte)
  return { bytes, share: bytes / 4 }
}

/**
 * Remembers verified tokens by their exact text: only the signature, which does not change. Expiry,
 * revocation and binding are for each request to ask. Where there is too much, an organization over its share
 * loses its own oldest, and of all of them the one that has most: what others send never costs the rest theirs.
 */
export function createTokenCache(limits: CacheLimits) {
  const entries = new Map<string, Entry>()
  const byTokenId = new Map<string, Entry>()
  const byClaims = new Map<object, Entry>()
  const byThumbprint = new Map<string, Set<Entry>>()
  const byEnd = new Map<number, Set<Entry>>()
  const accounts = new Map<string, Account>()
  let bytes = 0

  const remove = (entry: Entry): void => {
    const { token, claims, account } = entry
    if (!account.entries.delete(entry)) return
    entries.delete(token)
    byTokenId.delete(claims.jti)
    byClaims.delete(claims)
    account.bytes -= entry.bytes
    bytes -= entry.bytes
    if (account.entries.size === 0) accounts.delete(account.organizationId)
    leave(byThumbprint, claims.cnf?.['x5t#S256'], entry)
    leave(byEnd, groupOf(claims), entry)
  }
  const empty = (account: Account, until: number): void => {
    for (const entry of account.entries) {
      if (account.bytes <= until) return
      remove(entry)
    }
  }
  const keepWithin = (account: Account): void => {
    if (account.bytes > limits.share) empty(account, limits.share - limits.share / emptiedPart)
    while (bytes > limits.bytes) {
      const largest = findLargest(accounts.values())
      if (largest === undefined) return
      empty(largest, Math.max(largest.bytes - limits.bytes / emptiedPart, 0))
    }
  }

  return {
    find: (token: string): VerifiedToken | undefined => entries.get(token),

    /** Keeps a token of an organization. Of two texts with the same `jti` only the newer stays. */
    add(token: string, { claims, keyId }: VerifiedToken, organizationId: string): void {
      const twin = byTokenId.get(claims.jti)
      if (twin !== undefined) remove(twin)
      const account = accounts.get(organizationId) ?? { organizationId, entries: new Set(), bytes: 0 }
      accounts.set(organizationId, account)
      const entry = { token, claims, keyId, account, bytes: 2 * token.length + entryBytes }
      entries.set(token, entry)
      byTokenId.set(claims.jti, entry)
      byClaims.set(claims, entry)
      join(byThumbprint, claims.cnf?.['x5t#S256'], entry)
      join(byEnd, groupOf(claims), entry)
      account.entries.add(entry)
      account.bytes += entry.bytes
      bytes += entry.bytes
      keepWithin(account)
    },

    remove(token: string): void {
      const entry = entries.get(token)
      if (entry !== undefined) remove(entry)
    },

    /** Puts `more` bytes on the account of a token, by its claims; false where it is not kept, or not any more. */
    charge(claims: object, more: number): boolean {
      const entry = byClaims.get(claims)
      if (entry === undefined) return false
      entry.bytes += more
      entry.account.bytes += more
      bytes += more
      keepWithin(entry.account)
      return byClaims.has(claims)
    },

    /** Forgets every token that is bound to a certificate. */
    forget(thumbprint: string): void {
      for (const entry of byThumbprint.get(thumbprint) ?? []) remove(entry)
    },

    /** Forgets tokens that have expired, seen again or not. */
    forgetExpired(now: number): void {
      for (const [end, group] of byEnd) if (end <= now) for (const entry of group) remove(entry)
    },

    /** How much is kept, by the estimate. */
    size: () => ({ tokens: entries.size, bytes }),
  }
}

export type TokenCache = ReturnType<typeof createTokenCache>

const groupOf = ({ exp }: TokenClaims): number =>
  Math.ceil((exp * 1000) / groupMilliseconds) * groupMilliseconds

function join<Key>(index: Map<Key, Set<Entry>>, key: Key | undefined, entry: Entry): void {
  if (key === undefined) return
  const group = index.get(key)
  if (group === undefined) index.set(key, new Set([entry]))
  else group.add(entry)
}

function leave<Key>(index: Map<Key, Set<Entry>>, key: Key | undefined, entry: Entry): void {
  if (key === undefined) return
  const group = index.get(key)
  group?.delete(entry)
  if (group?.size === 0) index.delete(key)
}

function findLargest(accounts: Iterable<Account>): Account | undefined {
  let largest: Account | undefined
  for (const account of accounts)
    if (largest === undefined || account.bytes > largest.bytes) largest = account
  return largest
}
