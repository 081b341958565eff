import type { QueryClient } from '@tanstack/react-query'
import type { CertificateView } from '../../../../../src/contract/certificate.ts'
import { type CertificateKey, certificateQuery } from './get-certificate.ts'

/** Puts a certificate that a call has given back before the person, and has the lists asked again. */
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
