import type { Clock } from '../../clock.ts'
import type { Actor } from '../../shapes/actor.ts'
import type { Certificate } from '../certificate.ts'
import type { CertificateStore } from '../certificate-store.ts'

/** Cancels a draft or a pending request. Throws `certificate_wrong_state` once it is being issued. */
export function cancelCertificate(
  { certificates, clock }: { certificates: CertificateStore; clock: Clock },
  actor: Actor,
  { organizationId, certificateId }: { organizationId: string; certificateId: string },
): Promise<Certificate> {
  return certificates.cancel(organizationId, certificateId, { actor, now: clock.now() })
}
