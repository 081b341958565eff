import type { Exchange } from '../request-context/exchange.ts'
import type { RateLimit } from '../request-context/findings.ts'
import { rateLimitHeaders } from '../request-context/own-headers.ts'
import { RequestError } from '../request-context/request-error.ts'
import type { Share } from '../upstream/share-slots.ts'

/** What the callers of one organization may do in one gateway process; 0 means without limit. */
export interface CallLimits {
  /** Requests under way at once. */
  callsPerOrganization: number
  callsPerCertificate: number
  /** Requests in a second, over a while; {@link CallLimits.callsPerSecondByOrganization} for those named there, by slug. */
  callsPerSecond: number
  callsPerSecondByOrganization: Readonly<Record<string, number>>
  /** For how many seconds an organization may save up what it has not used. */
  burstSeconds: number
}

interface Account extends Share {
  /** Requests under way. */
  open: number
  /** Requests in a second; 0 means without limit. */
  rate: number
  /** How many it has left at `at`, milliseconds. */
  left: number
  at: number
}

const mostIdleAccounts = 10_000
const lookMilliseconds = 1000

/**
 * Limits what each organization and each certificate may have under way, and how many requests an organization
 * may send in a second. Nobody is counted for an organization that a request merely claims to be of.
 */
export function createCallLimiter(
  limits: CallLimits,
  findSlug: (organizationId: string) => string | undefined,
) {
  const organizations = new Map<string, Account>()
  const certificates = new Map<string, { open: number }>()
  let lookedAt = 0

  const refill = (account: Account, now: number): void => {
    const earned = (Math.max(0, now - account.at) / 1000) * account.rate
    account.left = Math.min(account.rate * limits.burstSeconds, account.left + earned)
    account.at = now
  }
  /** Forgets accounts that are as good as new. */
  const forgetIdle = (now: number): void => {
    lookedAt = now
    for (const [id, account] of organizations) {
      refill(account, now)
      const isFull = account.left >= account.rate * limits.burstSeconds
      const isIdle = account.open === 0 && account.held === 0 && !account.waiting?.size
      if (isFull && isIdle) organizations.delete(id)
    }
  }
  const openAccount = (organizationId: string, now: number): Account => {
    if (organizations.size >= mostIdleAccounts && now - lookedAt >= lookMilliseconds) forgetIdle(now)
    const { callsPerSecond, callsPerSecondByOrganization: own, burstSeconds } = limits
    const slug = findSlug(organizationId) ?? ''
    const rate = Object.hasOwn(own, slug) ? (own[slug] as number) : callsPerSecond
    const account = { held: 0, waiting: undefined, open: 0, rate, left: rate * burstSeconds, at: now }
    organizations.set(organizationId, account)
    return account
  }
  const accountOf = (id: string, now: number) => organizations.get(id) ?? openAccount(id, now)
  /** Gives what is left. Throws `organization_rate_limited` where the second's share is used up. */
  const charge = (account: Account, now: number): RateLimit => {
    refill(account, now)
    const isUsedUp = account.left < 1
    if (!isUsedUp) account.left -= 1
    const most = account.rate * limits.burstSeconds
    const rateLimit = {
      policy: `"organization";q=${most};w=${limits.burstSeconds}`,
      left: `"organization";r=${Math.floor(account.left)};t=${Math.ceil((most - account.left) / account.rate)}`,
    }
    if (isUsedUp)
      throw new RequestError(
        'organization_rate_limited',
        `The organization has sent more requests than the ${account.rate} a second that it may send here. The request was not processed: wait as long as Retry-After says, and spread requests out.`,
        rateLimitHeaders(rateLimit),
      )
    return rateLimit
  }
  const enter = (
    { response, now }: Pick<Exchange, 'response' | 'now'>,
    organizationId: string,
    certificateId?: string,
  ): RateLimit | undefined => {
    const account = accountOf(organizationId, now)
    const rateLimit = account.rate > 0 ? charge(account, now) : undefined
    const certificate = certificateId === undefined ? undefined : certificateOf(certificateId)
    refuseCrowd(limits, account, certificate, rateLimit && rateLimitHeaders(rateLimit))
    account.open += 1
    if (certificate !== undefined) certificate.open += 1
    response.once('close', () => {
      account.open -= 1
      if (certificate === undefined || certificateId === undefined) return
      certificate.open -= 1
      if (certificate.open === 0 && certificates.size > mostIdleAccounts) certificates.delete(certificateId)
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
     * or without one by its token. Gives what it may still send, where that is limited. Throws `organization_rate_limited`, `organization_concurrency_limited` and
     * `certificate_concurrency_limited`.
     */
    enter,
    /** What an organization has of the connections to the upstream. */
    shareOf: (organizationId: string, now: number): Share => accountOf(organizationId, now),
    /** How many accounts are kept. */
    size: () => ({ organizations: organizations.size, certificates: certificates.size }),
  }
}

export type CallLimiter = ReturnType<typeof createCallLimiter>

function refuseCrowd(
  { callsPerOrganization, callsPerCertificate }: CallLimits,
  organization: { open: number },
  certificate: { open: number } | undefined,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (callsPerOrganization > 0 && organization.open >= callsPerOrganization)
    throw new RequestError(
      'organization_concurrency_limited',
      `The organization has ${callsPerOrganization} requests under way at this gateway, which is all it may have. The request was not processed: wait for answers, then send it again.`,
      headers,
    )
  if (certificate !== undefined && callsPerCertificate > 0 && certificate.open >= callsPerCertificate)
    throw new RequestError(
      'certificate_concurrency_limited',
      `The certificate has ${callsPerCertificate} requests under way at this gateway, which is all it may have. The request was not processed: wait for answers, then send it again.`,
      headers,
    )
}
