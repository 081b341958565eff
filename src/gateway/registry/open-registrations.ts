import type { ProvenKey } from '../../contract/usage-batch.ts'

/** A registration of a certificate whose key is still to be proven. */
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
 * The registrations that wait for a proof. A proof of any other is passed over: there are as many proofs to write as
 * there are registrations, however many anybody sends.
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
    /** Whether a proof is one that is waited for. */
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
    /** Forgets those that have waited for too long. */
    forgetOver(now: number): void {
      for (const { id, expiresAt } of all.values()) if (expiresAt <= now) all.delete(id)
    },
  }
}

export type OpenRegistrations = ReturnType<typeof createOpenRegistrations>
