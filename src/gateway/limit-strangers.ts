import { isIPv6 } from 'node:net'

/** What one client address may do without showing an accepted certificate; 0 means without limit. */
export interface StrangerLimits {
  /** Connections open at once. */
  openConnections: number
  /** New ones in a second, over a while; in a burst five times as many. */
  connectionsPerSecond: number
}

/** A connection that is counted until it ends, or until its certificate has been accepted. */
export interface Admission {
  /** Its certificate has been accepted: from now on it counts for nothing. */
  accept(): void
  end(): void
}

interface Account {
  open: number
  /** How many new connections it has left at `at`, milliseconds. */
  left: number
  at: number
  /** When it was last told that it has none left. */
  toldAt: number
}

const burstSeconds = 5
const mostAccounts = 50_000
/** So many are looked at for each that comes when there is no room: a flood of addresses must not be paid for by us. */
const looksForRoom = 16
const tellMilliseconds = 60_000
/** Whoever comes when there is no room for accounts shares one. */
const shared = 'others'

/**
 * Limits the work that strangers cause: a handshake costs the server more than the client. Who holds an accepted
 * certificate is no stranger, however many connections they open; nor is a balancer that they come through.
 */
export function createStrangerLimiter(
  { openConnections, connectionsPerSecond }: StrangerLimits,
  clock: { now(): number },
) {
  const accounts = new Map<string, Account>()
  const most = connectionsPerSecond * burstSeconds

  const refill = (account: Account, now: number): void => {
    account.left = Math.min(
      most,
      account.left + (Math.max(0, now - account.at) / 1000) * connectionsPerSecond,
    )
    account.at = now
  }
  /** Forgets idle ones among those that were looked at the longest ago. */
  const makeRoom = (now: number): void => {
    let looks = 0
    for (const [key, account] of accounts) {
      if (looks === looksForRoom) return
      looks += 1
      refill(account, now)
      accounts.delete(key)
      if (account.open > 0 || account.left < most) accounts.set(key, account)
    }
  }
  const accountOf = (address: string, now: number): Account => {
    const own = keyOf(address)
    if (!accounts.has(own) && accounts.size >= mostAccounts) makeRoom(now)
    const key = accounts.has(own) || accounts.size < mostAccounts ? own : shared
    const account = accounts.get(key) ?? { open: 0, left: most, at: now, toldAt: Number.NEGATIVE_INFINITY }
    accounts.set(key, account)
    refill(account, now)
    return account
  }

  return {
    /** Takes a new connection of an address in, or nothing where it has had its share. */
    admit(address: string): Admission | undefined {
      const now = clock.now()
      const account = accountOf(address, now)
      const isCrowded = openConnections > 0 && account.open >= openConnections
      const isFast = connectionsPerSecond > 0 && account.left < 1
      if (isCrowded || isFast) return undefined
      // Without a rate nothing is ever filled up again.
      account.left -= most > 0 ? 1 : 0
      account.open += 1
      let counts = true
      const end = () => {
        if (counts) account.open -= 1
        counts = false
      }
      return {
        accept() {
          if (counts) account.left = Math.min(most, account.left + 1)
          end()
        },
        end,
      }
    },
    /** Whether it is to be recorded that an address has had its share: once in a minute. */
    isToTell(address: string): boolean {
      const now = clock.now()
      const account = accountOf(address, now)
      if (now - account.toldAt < tellMilliseconds) return false
      account.toldAt = now
      return true
    },
    /** How many addresses are known of. */
    size: () => accounts.size,
  }
}

export type StrangerLimiter = ReturnType<typeof createStrangerLimiter>

/** One who has an IPv6 address has a whole network of 64 bits. */
function keyOf(address: string): string {
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? []
  const groups = head === '' ? [] : head.split(':')
  const rest = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - rest.length)
  const all = [...groups, ...Array<string>(zeros).fill('0'), ...rest]
  return `${all.slice(0, 4).join(':')}::/64`
}
