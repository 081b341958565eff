import type { CertificateStatus } from '../contract/certificate.ts'
import type { Database } from '../storage/database.ts'

/** How many certificates of an environment have a status. */
export interface CertificateCount {
  environment: string
  status: CertificateStatus
  count: number
}

/** Counts the certificates of all organizations from the numbers that are kept. */
export async function countCertificates({ aside }: Pick<Database, 'aside'>): Promise<CertificateCount[]> {
  const rows = await aside
    .selectFrom('certificate_counts')
    .select(['environment', 'status'])
    .select((e) => e.fn.sum<number>('count').as('count'))
    .groupBy(['environment', 'status'])
    .execute()
  return rows.map(({ environment, status, count }) => ({ environment, status, count: Number(count) }))
}
