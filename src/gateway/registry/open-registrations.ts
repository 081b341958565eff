import type { ProvenKey } from '../../contract/usage-batch.ts'

/** A registration of a certificate without proof of possession yet. */
export interface OpenRegistration {
  id: string
  environment: string
  challenge: string
  /** SHA-256 of the certificate, hex. */
  fingerprintSha256: string
  /** Milliseconds since 1970. */
  expiresAt: number
}

/**
 * Creates the list of registrations that wait for a proof. Any other proof is ignored: at most one proof per
 * registration is stored, however many clients send.
 */
export function createOpenRegistrations() {
  const all = new Map<string, OpenRegistration>()

  return {
    set(registration: OpenRegistration): void {
      all.set(registration.id, registration)
    },
    remove(id: string): void {
      all.delete(id)
    },
    /** Returns whether a proof belongs to a pending registration. */
    isAwaited({ registrationId, environment, challenge, fingerprintSha256, at }: ProvenKey): boolean {
      const known = all.get(registrationId)
      return (
        known !== undefined &&
        known.environment === environment &&
        known.challenge === challenge &&
        known.fingerprintSha256 === fingerprintSha256 &&
        known.expiresAt > at
      )
    },
    /** Deletes expired registrations. */
    forgetOver(now: number): void {
      for (const { id, expiresAt } of all.values()) if (expiresAt <= now) all.delete(id)
    },
  }
}

export type OpenRegistrations = ReturnType<typeof createOpenRegistrations>
