import type { AskedStatus } from '../../shapes/confirmed-until.ts'

/** What is known of the status of an externally issued certificate at its CA. Times are milliseconds since 1970. */
export interface RegisteredStatus extends AskedStatus {
  /** When the certificate expires: then it is forgotten. */
  notAfter: number
  /** What its CA says of a revoked one, for people; null if it is not revoked there. */
  finding: { at: number; by: string; subject: string | null } | null
}
