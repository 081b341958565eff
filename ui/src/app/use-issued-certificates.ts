import { useInfiniteQuery } from '@tanstack/react-query'
import type { CertificateSummary } from '../../../src/contract/certificate.ts'
import { certificatesQuery } from '../features/certificates/api/list-certificates.ts'
import { useWorkspace } from '../lib/workspace.tsx'

const most = 200

/** Queries the certificates that can be used for requests, latest first, at most 200. */
export function useIssuedCertificates(): CertificateSummary[] {
  const { params } = useWorkspace()
  const { data } = useInfiniteQuery(certificatesQuery(params, { status: 'issued', limit: most }))
  return data?.pages[0]?.items ?? []
}
