import { PosternError } from '../errors.ts'
import { spendBudget, startOfSpan } from '../storage/spend-budget.ts'
import type { Tx } from '../storage/transact.ts'

const hour = 3_600_000

/** What an environment allows an organization to have and to begin. */
export interface CertificateLimits {
  /** Unfinished and valid certificates. */
  maxCertificates: number
  /** Certificates that are begun, and CSRs that are taken, in each hour. */
  certificatesPerHour: number
}

/** What is counted, and where. */
interface Spending {
  what: 'draft' | 'request'
  organizationId: string
  environment: string
}

/**
 * Counts a certificate that is begun, or a CSR that is taken, in the transaction that does it. Throws
 * `certificate_rate_exceeded` where the hour's are spent.
 */
export async function spendCertificate(
  tx: Tx,
  { what, organizationId, environment }: Spending,
  { certificatesPerHour: most }: Pick<CertificateLimits, 'certificatesPerHour'>,
  now: number,
): Promise<void> {
  const subject = `${what}:${organizationId}:${environment}`
  const budget = { subject, spanMilliseconds: hour, most }
  if (await spendBudget(tx, budget, now)) return
  const retryAfterSeconds = Math.ceil((startOfSpan(budget, now) + hour - now) / 1000)
  throw new PosternError(
    'certificate_rate_exceeded',
    `Your organization has requested ${most} certificates in this environment in the current hour, which is the limit. Try again in ${Math.ceil(retryAfterSeconds / 60)} minutes, or ask the operator for a higher limit.`,
    { retryAfterSeconds },
  )
}
