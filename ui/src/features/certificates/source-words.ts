import type { CertificateSource } from '../../../../src/contract/certificate.ts'

/** The reasons why a certificate is trusted, as labels. */
export const sourceWords: Record<CertificateSource, string> = {
  postern: 'Issued by this portal',
  'trusted-issuer': 'Below an issuer that the provider trusts',
  pinned: 'This one certificate alone, whoever issued it',
}
