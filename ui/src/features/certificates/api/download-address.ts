import type { DownloadForm } from '../../../../../src/contract/certificate.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { buildUrl } from '../../../lib/build-url.ts'
import type { CertificateKey } from './get-certificate.ts'

/** Where an issued certificate is downloaded in one of its forms. */
export const downloadAddress = ({ organization, certificateId }: CertificateKey, form: DownloadForm) =>
  buildUrl(operations.downloadCertificate, { organization, certificateId, form })
