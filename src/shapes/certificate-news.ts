/** The content and the recipients of an email about a certificate. */
export interface CertificateNews {
  id: string
  name: string
  environmentLabel: string
  organizationId: string
  organizationSlug: string
  environment: string
  /** The recipients; duplicates are removed. */
  recipients: readonly string[]
}
