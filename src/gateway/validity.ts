/** Whether the issuer of a certificate is out of service. */
export const hasRetired = (issuer: { retiresAt: number | null } | undefined, now: number): boolean =>
  issuer !== undefined && issuer.retiresAt !== null && now >= issuer.retiresAt

/** Whether the validity is over; its last second counts (RFC 5280, 4.1.2.5). */
export const hasEnded = ({ notAfter }: { notAfter: number }, now: number): boolean => now >= notAfter + 1000
