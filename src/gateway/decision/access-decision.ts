import type { RegisteredCertificate } from '../registry/registered-certificate.ts'
import type { RegisteredClient } from '../registry/registered-parties.ts'
import type { RegisteredPolicy } from '../registry/registered-policy.ts'
import type { Denial } from './denial.ts'

/** A client that may go on: what it gets after this it gets for an access token or a secret of its organization. */
export type ClientAccess = CertificateAccess | UnenforcedAccess

/** Whether a client may go on. */
export type AccessDecision = ClientAccess | DeniedAccess

interface Accessed {
  readonly ok: true
  readonly organizationId: string
  /** What is required of the organization. */
  readonly policy: RegisteredPolicy
  /** The status of its certificate, if the environment reports it to clients. */
  readonly certificateStatus: string | undefined
  /** When its certificate ends, as an HTTP date, if that is soon and it is not replaced. */
  readonly certificateExpires: string | undefined
}

/** A client with an accepted certificate. */
export interface CertificateAccess extends Accessed {
  readonly certificate: RegisteredCertificate
  readonly unenforcedDenial: undefined
  readonly claimedClient: undefined
}

/** A client without an accepted certificate, of an organization that needs none. */
export interface UnenforcedAccess extends Accessed {
  readonly certificate: undefined
  /** Why its certificate is not accepted. */
  readonly unenforcedDenial: Denial
  /** The API credentials that it names, where no certificate says whose client it is. */
  readonly claimedClient: RegisteredClient | undefined
}

/** A client that may not go on. */
export interface DeniedAccess {
  readonly ok: false
  readonly denial: Denial
  readonly claimedClient: RegisteredClient | undefined
  readonly certificateStatus: string | undefined
  readonly certificateExpires: string | undefined
}

/** The certificate that the client presents, or whose key it has, whether or not it is accepted. */
export const getOwner = (access: AccessDecision): RegisteredCertificate | undefined =>
  access.ok ? (access.certificate ?? access.unenforcedDenial.owner) : access.denial.owner
