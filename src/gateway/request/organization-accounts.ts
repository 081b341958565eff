import type { RateLimit } from '../request-context/findings.ts'
import { rateLimitHeaders } from '../request-context/own-headers.ts'
import { RequestError } from '../request-context/request-error.ts'
import type { Share } from '../upstream/share-slots.ts'

/** The limits of one organization: those of requests in progress in one gateway process; 0 means no limit. */
export interface CallLimits {
  /** Requests in progress. */
  callsPerOrganization: number
  callsPerCertificate: number
  /**
   * Average requests per second; {@link CallLimits.callsPerSecondByOrganization} for those listed there, by
   * slug. All gateway processes of a deployment share it.
   */
  callsPerSecond: number
  callsPerSecondByOrganization: Readonly<Record<string, number>>
  /** For how many seconds an organization may save unused requests. */
  burstSeconds: number
}

/** What an organization has used. */
export interface Account {
  /** Its connections to the present upstream. */
  share: Share
  /** Requests under way. */
  open: number
  /** Requests per second; 0 means no limit. */
  rate: number
  /** How many it has left at `at`, milliseconds; negative after other processes have used more than was left. */
  left: number
  at: number
  /** Requests that this process has let in since the last exchange. */
  own: number
  /** What a request is charged: itself, and what other processes are expected to let in meanwhile. */
  weight: number
  /** What was charged for others since the last exchange. */
  expected: number
}

const maxIdleAccounts = 10_000
const lookMs = 1000
/** A process that lets in a small part of the requests of an organization can always let one in. */
const maxWeight = 64

/**
 * The accounts of organizations: what each has under way, and what it may still send. One that is as good as new is
 * forgotten when there are many.
 */
export function createOrganizationAccounts(
  limits: Pick<CallLimits, 'callsPerSecond' | 'callsPerSecondByOrganization' | 'burstSeconds'>,
  findSlug: (organizationId: string) => string | undefined,
  note: (organizationId: string) => void = () => {},
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
      const isIdle = account.open === 0 && account.share.held === 0 && !account.share.waiting?.size
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
    const account = {
      ...{ share: newShare(), open: 0, rate, left, at: now },
      ...{ own: 0, weight: 1, expected: 0 },
    }
    accounts.set(organizationId, account)
    return account
  }
  const accountOf = (id: string, now: number) => accounts.get(id) ?? openAccount(id, now)

  return {
    accountOf,
    /** Gives what an organization may still send, where that is limited. Throws `organization_rate_limited`. */
    charge(organizationId: string, now: number): RateLimit | undefined {
      const account = accountOf(organizationId, now)
      if (account.rate <= 0) return undefined
      refill(account, now)
      const rateLimit = takeOne(account, limits.burstSeconds)
      note(organizationId)
      return rateLimit
    },
    /**
     * Charges what `processes` other processes have let in since the last exchange, in place of what was expected of
     * them. Until the next one they are expected to go on: this process then lets its part of the rate in.
     */
    settle(others: ReadonlyMap<string, number>, processes: number, now: number): void {
      for (const id of others.keys()) accountOf(id, now)
      for (const [id, account] of accounts) {
        const { own, expected, rate } = account
        const used = others.get(id) ?? 0
        if (rate <= 0 || (used === 0 && own === 0 && expected === 0 && account.weight === 1)) continue
        refill(account, now)
        const most = rate * limits.burstSeconds
        // No more than all of them can have let in before they knew of each other.
        const least = -processes * (most + rate)
        account.left = Math.max(least, Math.min(most, account.left + expected - used))
        account.weight = own === 0 ? 1 : Math.min(maxWeight, (own + used) / own)
        account.own = 0
        account.expected = 0
      }
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
    /** Begins with no connection to another upstream. Calls under way keep the share that they began with. */
    renewShares(): void {
      for (const account of accounts.values()) account.share = newShare()
    },
  }
}

const newShare = (): Share => ({ held: 0, waiting: undefined })

/** Takes one request from what an organization has left, and gives the rest. Throws `organization_rate_limited` where nothing is left. */
function takeOne(account: Account, burstSeconds: number): RateLimit {
  const isUsedUp = account.left < 1
  if (!isUsedUp) {
    account.left -= account.weight
    account.own += 1
    account.expected += account.weight - 1
  }
  const most = account.rate * burstSeconds
  const rateLimit = {
    policy: `"organization";q=${most};w=${burstSeconds}`,
    left: `"organization";r=${Math.max(0, Math.floor(account.left))};t=${Math.ceil((most - account.left) / account.rate)}`,
  }
  if (isUsedUp)
    throw new RequestError(
      'organization_rate_limited',
      `The organization has sent more requests than the ${account.rate} a second that it may send here. The request was not processed: wait as long as Retry-After says, and spread requests out.`,
      rateLimitHeaders(rateLimit),
    )
  return rateLimit
}
