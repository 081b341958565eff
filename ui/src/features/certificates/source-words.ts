import type { CertificateSummary } from '../../../../src/contract/certificate.ts'

/** The reasons why a certificate is trusted, as labels. */
export const sourceWords: Record<CertificateSummary['source'], string> = {
  postern: 'Issued by this portal',
  trusted_issuer: 'Below an issuer that the provider trusts',
  pinned: 'This one certificate alone, whoever issued it',
}
