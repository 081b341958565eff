import type { CertificateSource } from '../../contract/certificate.ts'
import { formatStatement } from '../../contract/registration.ts'
import type { Actor } from '../../shapes/actor.ts'
import type { Details } from '../certificate.ts'

/** A certificate of another authority that waits for the proof of its key. Moments are milliseconds since 1970. */
export interface Registration {
  id: string
  organizationId: string
  environment: string
  details: Details & { replacesId: string | null }
  der: Uint8Array
  fingerprintSha256: string
  /** PEM of the certificates that came with it. */
  chain: string
  /** As it was judged when it was registered; the proof judges again. */
  source: Exclude<CertificateSource, 'postern'>
  notAfter: number
  challenge: string
  registeredBy: Actor
  createdAt: number
  expiresAt: number
  /** The mTLS call that has proven the key. */
  handshake: { clientAddress: string; at: number } | null
  problem: string | null
  certificateId: string | null
}

/** How long a registration waits for its proof, milliseconds. */
export const waitingMilliseconds = 24 * 3_600_000

/** What is to be signed, or sent with the certificate. */
export const statementOf = (
  { id, environment, fingerprintSha256, challenge }: Registration,
  organization: string,
): string => formatStatement({ registrationId: id, organization, environment, fingerprintSha256, challenge })

/** Whether a proof can still come at `now`. */
export const isWaiting = ({ certificateId, expiresAt }: Registration, now: number): boolean =>
  certificateId === null && now < expiresAt
