/** What webhook endpoints of an organization are told of a certificate, besides the recorded changes. */
export interface Announcement {
  /** An announcement with the same key is queued once. */
  key: string
  type: 'certificate.expiry_step_reached' | 'certificate.first_used' | 'certificate.refusals_rose'
  organizationId: string
  environment: string
  certificateId: string
  /** When it happened, in milliseconds since 1970. */
  at: number
  data: Readonly<Record<string, unknown>>
}
