import { getClientSource } from '../../client-source.ts'
import type { Charged } from '../socket/charge.ts'

/** The limits of clients without an accepted certificate; 0 means no limit. */
export interface UnauthenticatedLimits {
  /** Open connections per address. */
  openConnections: number
  /** New connections per address and second on average; five times as many in a burst. */
  connectionsPerSecond: number
  /** New connections per second from all addresses without a recently accepted certificate. */
  totalConnectionsPerSecond: number
}

/** A connection that is counted until it ends or its certificate is accepted. */
export interface Admission extends Charged {
  /** Stops counting the connection, because its certificate has been accepted. */
  accept(): void
  end(): void
}

interface Bucket {
  /** How many handshakes it has left at `at`, milliseconds; negative after work that cost more. */
  left: number
  at: number
}

interface Account extends Bucket {
  open: number
  /** When it was last reported as limited. */
  toldAt: number
}

const burstSeconds = 5
/** No client waits for longer than this for earlier costs. */
const maxDebtSeconds = 30
const maxAccounts = 50_000
/**
 * How many accounts are checked for each new one if there is no room: a flood of addresses must not cost the
 * gateway more.
 */
const looksForRoom = 16
const reportIntervalMs = 60_000
/** How long an address with an accepted certificate is remembered. */
const rememberMs = 24 * 3_600_000
const maxKnown = 50_000
/** It may be a load balancer or a NAT with many clients, so its limit is a multiple of that of others. */
const knownFactor = 10
/** All addresses that arrive when there is no room share one account. */
const shared = 'others'

/**
 * Creates the rate limit for connections without an accepted certificate per client address, because a
 * handshake costs the server more than the client. Connections with one are exempt. An address with an
 * accepted certificate may be a load balancer, so it has ten times the limit of others; and if all addresses
 * together connect more often than the process can handle, it is served and new ones are not. `limits` may change.
 */
export function createUnauthenticatedLimiter(limits: UnauthenticatedLimits, clock: { now(): number }) {
  const accounts = new Map<string, Account>()
  const ofAddress = createBuckets(() => limits.connectionsPerSecond)
  const ofKnown = createBuckets(() => limits.connectionsPerSecond * knownFactor)
  const ofAll = createBuckets(() => limits.totalConnectionsPerSecond)
  const all = ofAll.fill(clock.now())

  const known = createKnownAddresses()

  /** Deletes idle accounts among those that were checked longest ago. */
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
    const own = getClientSource(address)
    if (!accounts.has(own) && accounts.size >= maxAccounts) makeRoom(now)
    const key = accounts.has(own) || accounts.size < maxAccounts ? own : shared
    const account = accounts.get(key) ?? {
      ...ofAddress.fill(now),
      open: 0,
      toldAt: Number.NEGATIVE_INFINITY,
    }
    accounts.set(key, account)
    return account
  }

  return {
    /** Accepts a new connection of an address; undefined if the address has reached its limit. */
    admit(address: string): Admission | undefined {
      const now = clock.now()
      const account = accountOf(address, now)
      const isKnown = known.has(address, now)
      const buckets = isKnown ? ofKnown : ofAddress
      const maxOpen = limits.openConnections * (isKnown ? knownFactor : 1)
      const isCrowded = maxOpen > 0 && account.open >= maxOpen
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
    /** Returns whether to record that an address has reached its limit: at most once per minute. */
    shouldReport(address: string): boolean {
      const now = clock.now()
      const account = accountOf(address, now)
      if (now - account.toldAt < reportIntervalMs) return false
      account.toldAt = now
      return true
    },
    /** Counts the known addresses. */
    size: () => accounts.size,
  }
}

export type UnauthenticatedLimiter = ReturnType<typeof createUnauthenticatedLimiter>

/** Creates the list of the addresses with the most recently accepted certificates. */
function createKnownAddresses() {
  const acceptedAt = new Map<string, number>()
  return {
    has: (address: string, now: number): boolean =>
      now - (acceptedAt.get(getClientSource(address)) ?? Number.NEGATIVE_INFINITY) < rememberMs,
    add(address: string, now: number): void {
      const key = getClientSource(address)
      acceptedAt.delete(key)
      acceptedAt.set(key, now)
      const [oldest] = acceptedAt.keys()
      if (acceptedAt.size > maxKnown && oldest !== undefined) acceptedAt.delete(oldest)
    },
  }
}

/** Creates token buckets that refill at the rate that is read; without a rate no bucket is ever empty. */
function createBuckets(readPerSecond: () => number) {
  const readMost = () => readPerSecond() * burstSeconds
  const refill = (bucket: Bucket, now: number): void => {
    const seconds = Math.max(0, now - bucket.at) / 1000
    bucket.left = Math.min(readMost(), bucket.left + seconds * readPerSecond())
    bucket.at = now
  }
  return {
    fill: (now: number): Bucket => ({ left: readMost(), at: now }),
    isEmpty(bucket: Bucket, now: number): boolean {
      refill(bucket, now)
      return readPerSecond() > 0 && bucket.left < 1
    },
    isFull(bucket: Bucket, now: number): boolean {
      refill(bucket, now)
      return bucket.left >= readMost()
    },
    take(bucket: Bucket, handshakes: number): void {
      const perSecond = readPerSecond()
      if (perSecond === 0) return
      bucket.left = Math.min(readMost(), Math.max(-perSecond * maxDebtSeconds, bucket.left - handshakes))
    },
  }
}
