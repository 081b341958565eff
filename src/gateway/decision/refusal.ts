import type { ErrorCode } from '../../contract/error-codes.ts'
import type { RegisteredCertificate } from '../registry/registered-certificate.ts'

/** Why a caller is not let in. */
export interface Refusal {
  ok: false
  code: ErrorCode
  /** The certificate that this one is, or whose key it has; whoever presents it has proven to hold the key. */
  owner: RegisteredCertificate | undefined
  /** The environment that it belongs to, where that is the problem. */
  otherEnvironment?: string
  /** What is wrong in words, where the code alone does not say it; ends a sentence that begins with the certificate. */
  problem?: string
}
