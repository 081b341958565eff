import { sourceOf } from '../../client-source.ts'
import type { Charged } from '../socket/charge.ts'

/** What clients without an accepted certificate may do; 0 means without limit. */
export interface StrangerLimits {
  /** Connections that one address has open at once. */
  openConnections: number
  /** New ones of one address in a second, over a while; in a burst five times as many. */
  connectionsPerSecond: number
  /** New ones in a second from all addresses that have not shown an accepted certificate of late. */
  connectionsPerSecondInAll: number
}

/** A connection that is counted until it ends, or until its certificate has been accepted. */
export interface Admission extends Charged {
  /** Its certificate has been accepted: from now on it counts for nothing. */
  accept(): void
  end(): void
}

interface Bucket {
  /** How many handshakes it has left at `at`, milliseconds; below nothing where what came cost more. */
  left: number
  at: number
}

interface Account extends Bucket {
  open: number
  /** When it was last told that it has none left. */
  toldAt: number
}

const burstSeconds = 5
/** Nobody has to wait for longer than this for what they cost once. */
const mostDebtSeconds = 30
const mostAccounts = 50_000
/** So many are looked at for each that comes when there is no room: a flood of addresses must not be paid for by us. */
const looksForRoom = 16
const tellMilliseconds = 60_000
/** An address from which an accepted certificate came is remembered for so long. */
const rememberMilliseconds = 24 * 3_600_000
const mostKnown = 50_000
/** It may be a balancer or a NAT with many clients behind it, so it has so many times what others have. */
const knownFactor = 10
/** Whoever comes when there is no room for accounts shares one. */
const shared = 'others'

/**
 * Limits the work that clients without an accepted certificate cause: a handshake costs the server more than the
 * client. Connections with an accepted certificate count for nothing, however many there are. An address from which one
 * came may be a balancer, so it has ten times the share of others; and while all addresses together bring more than
 * the process can bear, it is served and new ones are not.
 */
export function createStrangerLimiter(limits: StrangerLimits, clock: { now(): number }) {
  const accounts = new Map<string, Account>()
  const ofAddress = createBuckets(limits.connectionsPerSecond)
  const ofKnown = createBuckets(limits.connectionsPerSecond * knownFactor)
  const ofAll = createBuckets(limits.connectionsPerSecondInAll)
  const all = ofAll.fill(clock.now())

  const known = createKnownAddresses()

  /** Forgets idle ones among those that were looked at the longest ago. */
  const makeRoom = (now: number): void => {
    let looks = 0
    for (const [key, account] of accounts) {
      if (looks === looksForRoom) return
      looks += 1
      accounts.delete(key)
      if (account.open > 0 || !ofAddress.isFull(account, now)) accounts.set(key, account)
    }
  }
  const accountOf = (address: string, now: number): Account => {
    const own = sourceOf(address)
    if (!accounts.has(own) && accounts.size >= mostAccounts) makeRoom(now)
    const key = accounts.has(own) || accounts.size < mostAccounts ? own : shared
    const account = accounts.get(key) ?? {
      ...ofAddress.fill(now),
      open: 0,
      toldAt: Number.NEGATIVE_INFINITY,
    }
    accounts.set(key, account)
    return account
  }

  return {
    /** Takes a new connection of an address in; undefined where it has had its share. */
    admit(address: string): Admission | undefined {
      const now = clock.now()
      const account = accountOf(address, now)
      const isKnown = known.has(address, now)
      const buckets = isKnown ? ofKnown : ofAddress
      const mostOpen = limits.openConnections * (isKnown ? knownFactor : 1)
      const isCrowded = mostOpen > 0 && account.open >= mostOpen
      if (isCrowded || buckets.isEmpty(account, now) || (!isKnown && ofAll.isEmpty(all, now)))
        return undefined
      let spent = 0
      const spend = (handshakes: number) => {
        spent += handshakes
        buckets.take(account, handshakes)
        if (!isKnown) ofAll.take(all, handshakes)
      }
      spend(1)
      account.open += 1
      let counts = true
      const end = () => {
        if (counts) account.open -= 1
        counts = false
      }
      return {
        accept() {
          if (counts) spend(-spent)
          known.add(address, clock.now())
          end()
        },
        charge: spend,
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

/** The addresses from which an accepted certificate came last. */
function createKnownAddresses() {
  const acceptedAt = new Map<string, number>()
  return {
    has: (address: string, now: number): boolean =>
      now - (acceptedAt.get(sourceOf(address)) ?? Number.NEGATIVE_INFINITY) < rememberMilliseconds,
    add(address: string, now: number): void {
      const key = sourceOf(address)
      acceptedAt.delete(key)
      acceptedAt.set(key, now)
      const [oldest] = acceptedAt.keys()
      if (acceptedAt.size > mostKnown && oldest !== undefined) acceptedAt.delete(oldest)
    },
  }
}

/** Buckets that are filled up at `perSecond`; without a rate none is ever empty. */
function createBuckets(perSecond: number) {
  const most = perSecond * burstSeconds
  const refill = (bucket: Bucket, now: number): void => {
    const seconds = Math.max(0, now - bucket.at) / 1000
    bucket.left = Math.min(most, bucket.left + seconds * perSecond)
    bucket.at = now
  }
  return {
    fill: (now: number): Bucket => ({ left: most, at: now }),
    isEmpty(bucket: Bucket, now: number): boolean {
      refill(bucket, now)
      return perSecond > 0 && bucket.left < 1
    },
    isFull(bucket: Bucket, now: number): boolean {
      refill(bucket, now)
      return bucket.left >= most
    },
    take(bucket: Bucket, handshakes: number): void {
      if (perSecond === 0) return
      bucket.left = Math.min(most, Math.max(-perSecond * mostDebtSeconds, bucket.left - handshakes))
    },
  }
}
