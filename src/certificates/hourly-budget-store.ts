import { PosternError } from '../errors.ts'
import { spendBudget, startOfSpan } from '../storage/spend-budget.ts'
import type { Tx } from '../storage/transact.ts'

const hour = 3_600_000

/** The certificate limits of an organization in an environment. */
export interface CertificateLimits {
  /** Unfinished and valid certificates. */
  maxCertificates: number
  /** Created certificates and submitted CSRs per hour. */
  certificatesPerHour: number
}

/** What is counted, and where. */
interface Spending {
  what: 'draft' | 'request'
  organizationId: string
  environment: string
}

/**
 * Counts a created certificate or a submitted CSR in the transaction that stores it. Throws
 * `certificate_rate_exceeded` if the hourly budget is used up.
 */
export async function spendCertificate(
  tx: Tx,
  { what, organizationId, environment }: Spending,
  { certificatesPerHour: most }: Pick<CertificateLimits, 'certificatesPerHour'>,
  now: number,
): Promise<void> {
  const subject = `${what}:${organizationId}:${environment}`
  const budget = { subject, spanMs: hour, most }
  if (await spendBudget(tx, budget, now)) return
  const retryAfterSeconds = Math.ceil((startOfSpan(budget, now) + hour - now) / 1000)
  throw new PosternError(
    'certificate_rate_exceeded',
    `Your organization has requested ${most} certificates in this environment in the current hour, which is the limit. Try again in ${Math.ceil(retryAfterSeconds / 60)} minutes, or ask the operator for a higher limit.`,
    { retryAfterSeconds },
  )
}
