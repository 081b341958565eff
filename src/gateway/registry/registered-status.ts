/** What is known of the status of an externally issued certificate at its CA. Times are milliseconds since 1970. */
export interface RegisteredStatus {
  describedAt: number
  /** How many links there have to be. */
  expectedLinks: number
  /** Whether each certificate of its path that names sources names one that can be asked. */
  isAskable: boolean
  /** What its CA says of a revoked one, for people; null if it is not revoked there. */
  finding: { at: number; by: string; subject: string | null } | null
  /** The statements that are about it, and about each CA above it. */
  links: readonly StatusLink[]
}

interface StatusLink {
  checkId: string
  /** 0 for the certificate itself, 1 for its issuer, and so on. */
  depth: number
  /** Whether an answer was looked through for it. */
  isLookedFor: boolean
}

/**
 * Returns until when the CAs have confirmed that a certificate and those above it are not revoked; `ends` has the end of
 * the last answer of each statement. One that was not answered yet, and one whose link is lost, counts from when it was
 * known what to ask. Infinity if there is nothing to ask.
 */
export function getConfirmedUntil(
  { describedAt, expectedLinks, links }: RegisteredStatus,
  ends: ReadonlyMap<string, number | null>,
): number {
  if (links.length < expectedLinks) return describedAt
  const byDepth = new Map<number, number>()
  for (const { checkId, depth, isLookedFor } of links) {
    const end = (isLookedFor ? ends.get(checkId) : undefined) ?? describedAt
    byDepth.set(depth, Math.max(byDepth.get(depth) ?? describedAt, end))
  }
  return Math.min(Number.POSITIVE_INFINITY, ...byDepth.values())
}
