/** A statement that is about a certificate or about a CA above it. */
interface StatusLink {
  checkId: string
  /** 0 for the certificate itself, 1 for its issuer, and so on. */
  depth: number
  /** Whether an answer was looked through for it. */
  isLookedFor: boolean
}

/** What is to be asked about a certificate from another CA. Times are milliseconds since 1970. */
export interface AskedStatus {
  /** From when it counts how long the CAs have said nothing. */
  describedAt: number
  /** How many links there have to be. */
  expectedLinks: number
  /** Whether each certificate of its path that names sources names one that can be asked. */
  isAskable: boolean
  /** The statements that are about it, and about each CA above it. */
  links: readonly StatusLink[]
}

/**
 * Returns until when the CAs have confirmed that a certificate and those above it are not revoked; `ends` has the end of
 * the last answer of each statement. One that was not answered yet, one whose link is lost, and one of which is not known
 * yet what to ask, counts from its registration, or from when its CA was first to be asked. Infinity if there is nothing to ask.
 */
export function getConfirmedUntil(
  { describedAt, expectedLinks, links }: Omit<AskedStatus, 'isAskable'>,
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
