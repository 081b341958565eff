import { operations } from '../../../../../src/contract/operations.ts'
import { buildUrl } from '../../../lib/build-url.ts'
import type { CertificateKey } from './get-certificate.ts'

/** Returns the URL for downloading the evidence for a certificate. */
export const evidenceAddress = (params: CertificateKey) =>
  buildUrl(operations.downloadEvidence, { ...params })
