import type { QueryClient } from '@tanstack/react-query'
import type { CertificateView } from '../../../../../src/contract/certificate.ts'
import { type CertificateKey, certificateQuery } from './get-certificate.ts'

/** Writes the certificate of a response to the cache, and invalidates the lists. */
export function rememberCertificate(
  queries: QueryClient,
  organization: CertificateKey['organization'],
  certificate: CertificateView,
): void {
  queries.setQueryData(
    certificateQuery({ organization, certificateId: certificate.id }).queryKey,
    certificate,
  )
  void queries.invalidateQueries({ queryKey: ['certificates'] })
  void queries.invalidateQueries({ queryKey: ['certificate-history', organization, certificate.id] })
}
