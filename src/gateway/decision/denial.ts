import type { DenialCode } from '../../contract/denial-codes.ts'
import type { RegisteredCertificate } from '../registry/registered-certificate.ts'
import type { RegisteredStatus } from '../registry/registered-status.ts'

/** Why a client is denied. */
export interface Denial {
  ok: false
  code: DenialCode
  /**
   * The registered certificate that this one is, or whose key it has; the handshake has proven possession of
   * the key.
   */
  owner: RegisteredCertificate | undefined
  /** The environment of the certificate, if that is the problem. */
  otherEnvironment?: string
  /**
   * The error in words, if the code is not specific enough; the predicate of a sentence about the
   * certificate.
   */
  problem?: string
  /** What the CA of an externally issued certificate says, if that is why it was revoked here. */
  finding?: NonNullable<RegisteredStatus['finding']>
}
