import type { RegisteredCertificate } from './registered-certificate.ts'
import { isExternal, type RegisteredMigration } from './registered-migration.ts'
import type { RegisteredIssuer } from './registered-parties.ts'

/** Returns whether the issuer of a certificate is retired. */
export const hasRetired = (issuer: { retiresAt: number | null } | undefined, now: number): boolean =>
  issuer !== undefined && issuer.retiresAt !== null && now >= issuer.retiresAt

/** Returns whether the validity period has ended; its last second is included (RFC 5280, section 4.1.2.5). */
export const hasEnded = ({ notAfter }: { notAfter: number }, now: number): boolean => now >= notAfter + 1000

/**
 * Returns when a certificate stops being accepted, as currently known: its expiry, or the earlier retirement
 * of its issuer, or what the plan of its organization ends before.
 */
export function getEnd(
  certificate: Pick<RegisteredCertificate, 'notAfter' | 'issuerId' | 'isServerOnly'>,
  issuer: Pick<RegisteredIssuer, 'retiresAt' | 'isExternal'> | undefined,
  migration: RegisteredMigration | undefined,
): number {
  const { notAfter, isServerOnly } = certificate
  return Math.min(
    notAfter,
    issuer?.retiresAt ?? notAfter,
    isExternal(certificate, issuer) ? (migration?.endsAt ?? notAfter) : notAfter,
    isServerOnly ? (migration?.exceptionUntil ?? notAfter) : notAfter,
  )
}
