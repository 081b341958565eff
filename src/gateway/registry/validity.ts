/** Returns whether the issuer of a certificate is retired. */
export const hasRetired = (issuer: { retiresAt: number | null } | undefined, now: number): boolean =>
  issuer !== undefined && issuer.retiresAt !== null && now >= issuer.retiresAt

/** Returns whether the validity period has ended; its last second is included (RFC 5280, section 4.1.2.5). */
export const hasEnded = ({ notAfter }: { notAfter: number }, now: number): boolean => now >= notAfter + 1000

/**
 * Returns when a certificate stops being accepted, as currently known: its expiry, or the earlier retirement
 * of its issuer.
 */
export const getEnd = (
  { notAfter }: { notAfter: number },
  issuer: { retiresAt: number | null } | undefined,
): number => Math.min(notAfter, issuer?.retiresAt ?? notAfter)
