/** When the externally issued certificates of an organization end in an environment; milliseconds since 1970. */
export interface RegisteredMigration {
  /** From when they are denied; null means never. */
  endsAt: number | null
  /** Until when those for TLS servers alone are accepted; null means not at all. */
  exceptionUntil: number | null
}

/** Returns the earlier of two ends; null means never. */
const earlier = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? (one ?? other) : Math.min(one, other)

/** Returns the shorter of two exceptions; null means none. */
const shorter = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? null : Math.min(one, other)

/** Returns what two plans accept both. */
export const limitMigration = (
  one: RegisteredMigration,
  other: RegisteredMigration,
): RegisteredMigration => ({
  endsAt: earlier(one.endsAt, other.endsAt),
  exceptionUntil: shorter(one.exceptionUntil, other.exceptionUntil),
})

/** Returns whether `stored` accepts something that `known` does not. */
export function acceptsMore(stored: RegisteredMigration, known: RegisteredMigration): boolean {
  const both = limitMigration(stored, known)
  return both.endsAt !== stored.endsAt || both.exceptionUntil !== stored.exceptionUntil
}

/** A registered certificate, as far as a plan decides about it. */
interface Limited {
  issuerId: string
  isServerOnly: boolean
}

/** Returns whether a certificate was issued by an external CA; a pinned one has no issuer. */
export const isExternal = (
  { issuerId }: Pick<Limited, 'issuerId'>,
  issuer: { isExternal: boolean } | undefined,
): boolean => issuerId === '' || issuer?.isExternal === true

/** Returns whether the plan of its organization has ended an externally issued certificate. */
export const hasMigrated = (migration: RegisteredMigration | undefined, now: number): boolean =>
  migration !== undefined && migration.endsAt !== null && now >= migration.endsAt

/** Returns whether a certificate for TLS servers alone is accepted from a client. */
export const isExcepted = (migration: RegisteredMigration | undefined, now: number): boolean =>
  migration !== undefined && migration.exceptionUntil !== null && now < migration.exceptionUntil
