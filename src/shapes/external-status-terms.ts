import type { externalStatusModes } from '../contract/environment.ts'

type Mode = (typeof externalStatusModes)[number]

/** What holds in an environment while other CAs do not say whether their certificates are revoked. */
export interface ExternalStatusTerms {
  mode: Mode
  /** How long `soft` is, in hours. */
  softHours: number
  /** What holds instead for some trusted issuers, by name (RFC 4514). */
  issuers: readonly { issuer: string; mode: Mode; softHours?: number | undefined }[]
}

const findOwn = ({ issuers }: ExternalStatusTerms, trustedIssuer: string) =>
  issuers.find(({ issuer }) => issuer === trustedIssuer)

/** Returns what holds for a trusted issuer. */
export const findMode = (terms: ExternalStatusTerms, trustedIssuer: string): Mode =>
  (findOwn(terms, trustedIssuer) ?? terms).mode

/**
 * Returns for how many milliseconds certificates below a trusted issuer are accepted beyond the end of the last answer:
 * none if they are denied then; undefined if the issuer is not asked.
 */
export function findGraceMs(terms: ExternalStatusTerms, trustedIssuer: string): number | undefined {
  const { mode, softHours = terms.softHours } = findOwn(terms, trustedIssuer) ?? terms
  if (mode === 'off') return undefined
  return mode === 'hard' ? 0 : softHours * 3_600_000
}
