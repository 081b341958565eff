import type { CertificateSource } from '../../contract/certificate.ts'
import { formatChallengeFile } from '../../contract/registration.ts'
import type { Actor } from '../../shapes/actor.ts'
import type { Details } from '../certificate.ts'

/**
 * An externally issued certificate that waits for proof of possession of its key. Times are milliseconds
 * since 1970.
 */
export interface Registration {
  id: string
  organizationId: string
  environment: string
  details: Details & { replacesId: string | null }
  der: Uint8Array
  fingerprintSha256: string
  /** PEM of the certificates that were submitted with it. */
  chain: string
  /** The source at the time of registration; the proof checks it again. */
  source: Exclude<CertificateSource, 'postern'>
  notAfter: number
  challenge: string
  registeredBy: Actor
  createdAt: number
  expiresAt: number
  /** The mTLS call that has proven possession. */
  handshake: { clientAddress: string; at: number } | null
  problem: string | null
  certificateId: string | null
}

/** How long a registration waits for its proof, milliseconds. */
export const waitingMs = 24 * 3_600_000

/** Returns the challenge to sign, or to send with the certificate. */
export const getChallengeFile = (
  { id, environment, fingerprintSha256, challenge }: Registration,
  organization: string,
): string =>
  formatChallengeFile({ registrationId: id, organization, environment, fingerprintSha256, challenge })

/** Returns whether a proof is still accepted at `now`. */
export const isWaiting = ({ certificateId, expiresAt }: Registration, now: number): boolean =>
  certificateId === null && now < expiresAt
