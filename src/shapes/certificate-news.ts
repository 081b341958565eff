/** What a letter about a certificate tells, and to whom. */
export interface CertificateNews {
  id: string
  name: string
  environmentLabel: string
  organizationId: string
  organizationSlug: string
  environment: string
  /** Who is written to; doubles are left out. */
  recipients: readonly string[]
}
