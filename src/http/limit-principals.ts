import { PosternError } from '../errors.ts'

/** Requests that one account may make in a minute, by all its sessions together, and each API key. */
const requestsPerMinute = 1200
const windowMs = 60_000
/** Above this many accounts, those whose minute is over are forgotten. */
const manyAccounts = 1000

/** Sets the headers of an answer. */
interface Answer {
  header(name: string, value: string): unknown
}

interface Window {
  since: number
  used: number
}

/**
 * Returns the headers of a limit (draft-ietf-httpapi-ratelimit-headers-10): the policy, and what is left of it for how
 * many seconds.
 */
export const toLimitHeaders = (
  { policy, perMinute }: { policy: 'account' | 'key' | 'session' | 'address'; perMinute: number },
  remaining: number,
  seconds: number,
) => ({
  'ratelimit-policy': `"${policy}";q=${perMinute};w=${windowMs / 1000}`,
  ratelimit: `"${policy}";r=${remaining};t=${seconds}`,
})

/**
 * Creates the limit of signed-in requests. It counts by account, whatever the address and however many sessions: a
 * shared address locks nobody out, and a second session gives nobody more. `note` is told of each request that is let in,
 * for the other portals.
 */
export function createPrincipalLimit(
  now = () => performance.now(),
  note: (account: string) => void = () => {},
  perMinute = requestsPerMinute,
) {
  const windows = new Map<string, Window>()
  const forgetOld = (at: number): void => {
    if (windows.size < manyAccounts) return
    for (const [account, { since }] of windows) if (at - since >= windowMs) windows.delete(account)
  }
  const open = (account: string, at: number): Window => {
    const found = windows.get(account)
    if (found !== undefined && at - found.since < windowMs) return found
    forgetOld(at)
    const window = { since: at, used: 0 }
    windows.set(account, window)
    return window
  }
  return {
    perMinute,
    /** Counts requests that other portals of the deployment have answered. */
    add(account: string, requests: number): void {
      open(account, now()).used += requests
    },
    /** Counts a request of a user or of an API key, and tells its answer what is left. Throws `too_many_requests`. */
    count(account: string, answer: Answer, policy: 'account' | 'key' = 'account'): void {
      const at = now()
      const window = open(account, at)
      window.used += 1
      const seconds = Math.max(1, Math.ceil((window.since + windowMs - at) / 1000))
      const left = Math.max(0, perMinute - window.used)
      for (const [name, value] of Object.entries(toLimitHeaders({ policy, perMinute }, left, seconds)))
        answer.header(name, value)
      if (window.used <= perMinute) {
        note(account)
        return
      }
      throw new PosternError(
        'too_many_requests',
        `You have made ${perMinute} requests in a minute. Wait ${seconds} s.`,
        { retryAfterSeconds: seconds },
      )
    },
  }
}

export type PrincipalLimit = ReturnType<typeof createPrincipalLimit>
