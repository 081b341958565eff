import type { RateLimit } from '../request-context/findings.ts'
import { rateLimitHeaders } from '../request-context/own-headers.ts'
import type { RequestContext } from '../request-context/request-context.ts'
import { RequestError } from '../request-context/request-error.ts'
import type { Share } from '../upstream/share-slots.ts'
import { type CallLimits, createOrganizationAccounts } from './organization-accounts.ts'

const maxIdleCertificates = 10_000

/**
 * Limits the requests in progress of each organization and each certificate, and the requests of an
 * organization per second. A claimed organization is not charged. `limits` may change. `note` is told of each request
 * that counts towards the rate, for the other gateway processes.
 */
export function createCallLimiter(
  limits: CallLimits,
  findSlug: (organizationId: string) => string | undefined,
  note?: (organizationId: string) => void,
) {
  const accounts = createOrganizationAccounts(limits, findSlug, note)
  const certificates = new Map<string, { open: number }>()
  const enter = (
    { response, now }: Pick<RequestContext, 'response' | 'now'>,
    organizationId: string,
    certificateId?: string,
  ): RateLimit | undefined => {
    const account = accounts.accountOf(organizationId, now)
    const rateLimit = accounts.charge(organizationId, now)
    const certificate = certificateId === undefined ? undefined : certificateOf(certificateId)
    denyExcess(limits, account, certificate, rateLimit && rateLimitHeaders(rateLimit))
    account.open += 1
    if (certificate !== undefined) certificate.open += 1
    response.once('close', () => {
      account.open -= 1
      if (certificate === undefined || certificateId === undefined) return
      certificate.open -= 1
      if (certificate.open === 0 && certificates.size > maxIdleCertificates)
        certificates.delete(certificateId)
    })
    return rateLimit
  }
  const certificateOf = (id: string): { open: number } => {
    const known = certificates.get(id) ?? { open: 0 }
    certificates.set(id, known)
    return known
  }

  return {
    /**
     * Counts a request until it is answered, for an organization that it has proven to be of: by its certificate,
     * or without one by its token. Gives what it may still send, where that is limited. Throws
     * `organization_rate_limited`, `organization_concurrency_limited` and `certificate_concurrency_limited`.
     */
    enter,
    /** Takes in what other processes have let in; see {@link createOrganizationAccounts}. */
    settle: accounts.settle,
    /** Returns the upstream connections of an organization. */
    shareOf: (organizationId: string, now: number): Share => accounts.accountOf(organizationId, now).share,
    /** Applies limits that have changed in place. */
    followLimits: accounts.followLimits,
    /** Called when the upstream is another one. */
    renewShares: accounts.renewShares,
    /** Counts the accounts. */
    size: () => ({ organizations: accounts.size(), certificates: certificates.size }),
  }
}

export type CallLimiter = ReturnType<typeof createCallLimiter>

function denyExcess(
  { callsPerOrganization, callsPerCertificate }: CallLimits,
  organization: { open: number },
  certificate: { open: number } | undefined,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (callsPerOrganization > 0 && organization.open >= callsPerOrganization)
    throw new RequestError(
      'organization_concurrency_limited',
      `The organization has ${callsPerOrganization} requests in progress at this gateway, which is the limit. The request was not processed: wait for answers, then send it again.`,
      headers,
    )
  if (certificate !== undefined && callsPerCertificate > 0 && certificate.open >= callsPerCertificate)
    throw new RequestError(
      'certificate_concurrency_limited',
      `The certificate has ${callsPerCertificate} requests in progress at this gateway, which is the limit. The request was not processed: wait for answers, then send it again.`,
      headers,
    )
}
