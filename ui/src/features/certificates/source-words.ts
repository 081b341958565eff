import type { CertificateSummary } from '../../../../src/contract/certificate.ts'

/** The reasons why a certificate is trusted, as labels. */
export const sourceWords: Record<CertificateSummary['source'], string> = {
  postern: 'Issued by this portal',
  trusted_issuer: 'Issued by a CA that the provider trusts',
  pinned: 'Pinned certificate',
}
