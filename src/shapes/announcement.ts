import type { SignalKind } from '../contract/signal.ts'

/** What webhook endpoints of an organization are told of a certificate or of API credentials, besides the recorded changes. */
export interface Announcement {
  /** An announcement with the same key is queued once. */
  key: string
  type:
    | 'certificate.expiry_step_reached'
    | 'certificate.first_used'
    | 'certificate.refusals_rose'
    | `signal.${SignalKind}`
  organizationId: string
  environment: string
  /** The ID of the certificate that it is about, or of the subject if one is given. */
  certificateId: string
  subject?: { kind: 'credential'; id: string; name: string }
  /** When it happened, in milliseconds since 1970. */
  at: number
  data: Readonly<Record<string, unknown>>
}
