import type { RateLimit } from '../request-context/findings.ts'
import { rateLimitHeaders } from '../request-context/own-headers.ts'
import { RequestError } from '../request-context/request-error.ts'
import type { Share } from '../upstream/share-slots.ts'

/** The limits of one organization in one gateway process; 0 means no limit. */
export interface CallLimits {
  /** Requests in progress. */
  callsPerOrganization: number
  callsPerCertificate: number
  /**
   * Average requests per second; {@link CallLimits.callsPerSecondByOrganization} for those listed there, by
   * slug.
   */
  callsPerSecond: number
  callsPerSecondByOrganization: Readonly<Record<string, number>>
  /** For how many seconds an organization may save unused requests. */
  burstSeconds: number
}

/** What an organization has used. */
export interface Account extends Share {
  /** Requests under way. */
  open: number
  /** Requests per second; 0 means no limit. */
  rate: number
  /** How many it has left at `at`, milliseconds. */
  left: number
  at: number
}

const maxIdleAccounts = 10_000
const lookMs = 1000

/**
 * The accounts of organizations: what each has under way, and what it may still send. One that is as good as new is
 * forgotten when there are many.
 */
export function createOrganizationAccounts(
  limits: Pick<CallLimits, 'callsPerSecond' | 'callsPerSecondByOrganization' | 'burstSeconds'>,
  findSlug: (organizationId: string) => string | undefined,
) {
  const accounts = new Map<string, Account>()
  let lookedAt = 0

  const refill = (account: Account, now: number): void => {
    const earned = (Math.max(0, now - account.at) / 1000) * account.rate
    account.left = Math.min(account.rate * limits.burstSeconds, account.left + earned)
    account.at = now
  }
  /** Deletes accounts that are full again. */
  const forgetIdle = (now: number): void => {
    lookedAt = now
    for (const [id, account] of accounts) {
      refill(account, now)
      const isFull = account.left >= account.rate * limits.burstSeconds
      const isIdle = account.open === 0 && account.held === 0 && !account.waiting?.size
      if (isFull && isIdle) accounts.delete(id)
    }
  }
  const findRate = (organizationId: string): number => {
    const { callsPerSecond, callsPerSecondByOrganization: own } = limits
    const slug = findSlug(organizationId) ?? ''
    return Object.hasOwn(own, slug) ? (own[slug] as number) : callsPerSecond
  }
  const openAccount = (organizationId: string, now: number): Account => {
    if (accounts.size >= maxIdleAccounts && now - lookedAt >= lookMs) forgetIdle(now)
    const rate = findRate(organizationId)
    const left = rate * limits.burstSeconds
    const account = { held: 0, waiting: undefined, open: 0, rate, left, at: now }
    accounts.set(organizationId, account)
    return account
  }
  const accountOf = (id: string, now: number) => accounts.get(id) ?? openAccount(id, now)

  return {
    accountOf,
    /** Gives what an organization may still send, where that is limited. Throws `organization_rate_limited`. */
    charge(account: Account, now: number): RateLimit | undefined {
      if (account.rate <= 0) return undefined
      refill(account, now)
      return takeOne(account, limits.burstSeconds)
    },
    size: () => accounts.size,
    /** Applies changed limits to known organizations. One that had no rate begins with all of its first seconds. */
    followLimits(): void {
      for (const [id, account] of accounts) {
        const rate = findRate(id)
        if (account.rate === 0) account.left = rate * limits.burstSeconds
        account.rate = rate
      }
    },
  }
}

/** Takes one request from what an organization has left, and gives the rest. Throws `organization_rate_limited` where nothing is left. */
function takeOne(account: Account, burstSeconds: number): RateLimit {
  const isUsedUp = account.left < 1
  if (!isUsedUp) account.left -= 1
  const most = account.rate * burstSeconds
  const rateLimit = {
    policy: `"organization";q=${most};w=${burstSeconds}`,
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
