/** Whether the issuer of a certificate is out of service. */
export const hasRetired = (issuer: { retiresAt: number | null } | undefined, now: number): boolean =>
  issuer !== undefined && issuer.retiresAt !== null && now >= issuer.retiresAt

/** Whether the validity is over; its last second counts (RFC 5280, 4.1.2.5). */
export const hasEnded = ({ notAfter }: { notAfter: number }, now: number): boolean => now >= notAfter + 1000

/** When a certificate stops being accepted, as far as that is known by now: its own end, or that of its issuer before. */
export const endOf = (
  { notAfter }: { notAfter: number },
  issuer: { retiresAt: number | null } | undefined,
): number => Math.min(notAfter, issuer?.retiresAt ?? notAfter)
