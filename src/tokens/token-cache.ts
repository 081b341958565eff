import type { TokenClaims } from '../shapes/active-token.ts'

/** Maximum cached bytes for the tokens of all organizations together, and of one. */
export interface CacheLimits {
  bytes: number
  share: number
}

/** A verified token and the key that signed it. */
export interface VerifiedToken {
  claims: TokenClaims
  keyId: string
}

interface Entry extends VerifiedToken {
  token: string
  account: Account
  /** An estimate: the token and its related data. */
  bytes: number
}

/** The cached tokens of an organization, the oldest first. */
interface Account {
  organizationId: string
  entries: Set<Entry>
  bytes: number
}

/** Measured: the claims as an object, and the map entries. */
const entryBytes = 800
/** Tokens that expire within the same ten seconds are dropped together. */
const groupMs = 10_000
/**
 * This part of a limit is freed at a time, so that a full cache does not search for a victim with each token.
 */
const emptiedPart = 16

const mebibyte = 1_048_576

/**
 * Returns the limits: an eighth of the heap, between 16 and 128 MiB, and a quarter of that per organization.
 */
export function limitsOfHeap(heapBytes: number): CacheLimits {
  const bytes = Math.min(Math.max(heapBytes / 8, 16 * mebibyte), 128 * mebibyte)
  return { bytes, share: bytes / 4 }
}

/**
 * Creates a cache of verified tokens by their exact text: only the signature, which does not change. Expiry,
 * revocation and binding are checked per request. At its quota an organization loses its own oldest tokens,
 * and at the total limit the organization with the most does: the tokens of one organization never displace
 * those of a smaller one.
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

    /** Adds a token of an organization. Of two texts with the same `jti` only the later stays. */
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

    /**
     * Charges `more` bytes to the account of a token, by its claims; returns false if the token is not
     * cached.
     */
    charge(claims: object, more: number): boolean {
      const entry = byClaims.get(claims)
      if (entry === undefined) return false
      entry.bytes += more
      entry.account.bytes += more
      bytes += more
      keepWithin(entry.account)
      return byClaims.has(claims)
    },

    /** Drops every token that is bound to a certificate. */
    forget(thumbprint: string): void {
      for (const entry of byThumbprint.get(thumbprint) ?? []) remove(entry)
    },

    /** Drops expired tokens. */
    forgetExpired(now: number): void {
      for (const [end, group] of byEnd) if (end <= now) for (const entry of group) remove(entry)
    },

    /** Returns the estimated size of the cache. */
    size: () => ({ tokens: entries.size, bytes }),
  }
}

export type TokenCache = ReturnType<typeof createTokenCache>

const groupOf = ({ exp }: TokenClaims): number => Math.ceil((exp * 1000) / groupMs) * groupMs

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
