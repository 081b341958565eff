import { operations } from '../../../../../src/contract/operations.ts'
import { buildUrl } from '../../../lib/build-url.ts'
import type { CertificateKey } from './get-certificate.ts'

/** Where the evidence about a certificate is downloaded. */
export const evidenceAddress = (params: CertificateKey) =>
  buildUrl(operations.downloadEvidence, { ...params })
