import type { DownloadForm } from '../../../../../src/contract/certificate.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { buildUrl } from '../../../lib/build-url.ts'
import type { CertificateKey } from './get-certificate.ts'

/** Returns the URL for downloading an issued certificate in one of its formats. */
export const downloadAddress = ({ organization, certificateId }: CertificateKey, form: DownloadForm) =>
  buildUrl(operations.downloadCertificate, { organization, certificateId, form })
