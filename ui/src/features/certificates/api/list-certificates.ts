import { infiniteQueryOptions } from '@tanstack/react-query'
import type {
  CertificateStatus,
  CertificateSummary,
  CertificateUse,
} from '../../../../../src/contract/certificate.ts'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** A certificate of a list with its use. */
export type CertificateRow = CertificateSummary & Omit<CertificateUse, 'certificateId'>

type Workspace = { organization: string; environment: string }
type Filter = Omit<Sent<typeof operations.listCertificates>['query'], 'cursor' | 'environment' | 'status'> & {
  status?: CertificateStatus | undefined
}

/** Queries the certificates of an environment, page by page. */
export const certificatesQuery = ({ organization, environment }: Workspace, filter: Filter = {}) =>
  infiniteQueryOptions({
    queryKey: ['certificates', { organization, environment }, filter],
    queryFn: async ({ pageParam, signal }) => {
      const params = { organization }
      const { status, ...others } = filter
      const statuses = status === undefined ? {} : { status: [status] }
      const query = {
        ...others,
        ...statuses,
        environment,
        ...(pageParam === null ? {} : { cursor: pageParam }),
      }
      const [page, use] = await Promise.all([
        call(operations.listCertificates, { params, query, signal }),
        call(operations.listCertificateUse, { params, query, signal }),
      ])
      return { ...page, items: page.items.map((item) => toRow(item, use.items)) }
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  })

function toRow(certificate: CertificateSummary, used: readonly CertificateUse[]): CertificateRow {
  const { certificateId: _, ...use } =
    used.find(({ certificateId }) => certificateId === certificate.id) ?? unused
  return { ...certificate, ...use }
}

/** A certificate that was created between the two answers. */
const unused: CertificateUse = {
  certificateId: '',
  firstUsedAt: null,
  lastUsedAt: null,
  lastDeniedAt: null,
  callsByHour: [],
}
