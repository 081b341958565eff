import { availableParallelism } from 'node:os'
import { getClientSource } from '../client-source.ts'
import type { Clock } from '../clock.ts'
import { formatCount } from '../contract/format-count.ts'
import { PosternError } from '../errors.ts'
import {
  type AttemptCounter,
  type AttemptEnd,
  type AttemptLimit,
  type CountedKey,
  createLocalAttempts,
} from './count-attempts.ts'
import { createTurns } from './take-turns.ts'

/** An attempt to sign in with a password. */
export interface Attempt {
  /** The claimed account. */
  email: string
  /** The device, if this user has signed in on it before. */
  device: string | undefined
  /** Undefined if many clients share the address. */
  address: string | undefined
}

/** For attempts of one client: on one account from one address, or on one device. */
const ownLimit: AttemptLimit = {
  name: 'sign-in own',
  freeFailures: 10,
  firstSeconds: 4,
  step: 10,
  longestSeconds: 32,
}
/** For attempts on one account from anywhere, on unknown devices. A single address stays below it. */
const accountLimit: AttemptLimit = {
  name: 'sign-in account',
  freeFailures: 100,
  firstSeconds: 1,
  step: 100,
  longestSeconds: 8,
}
/** For unknown API keys from one address; and for attempts from one address on any account, on unknown devices. */
export const addressPace = { freeFailures: 50, firstSeconds: 1, step: 50, longestSeconds: 8 }
const addressLimit: AttemptLimit = { name: 'sign-in address', ...addressPace }

const maxWaiting = 64
/** Libuv has four threads for slow work, which file access and name resolution need as well. */
const unknownAtOnce = Math.max(1, Math.min(2, Math.floor(availableParallelism() / 2)))
const reportIntervalMs = 900_000
/** The codes of wrong passwords and other wrong proofs, and of passwords that are easy to guess: to see that takes time. */
const failures: ReadonlySet<string> = new Set([
  'sign_in_failed',
  'step_up_failed',
  'second_factor_failed',
  'password_unsuitable',
])

interface Check extends CountedKey {
  /** Whether the right password shows that one user made the failures. */
  isOwn: boolean
}

/**
 * Slows down password guessing without delaying other users: failures are counted by account and address; on
 * unknown devices also by account and by address; and on a known device by the device only, which attempts
 * from elsewhere do not slow down. Few passwords are checked at a time: first those from known devices, then
 * the others, where accounts and addresses take turns.
 */
export function createSignInGuard(
  clock: Clock,
  onGuessing: (sentence: string) => void,
  attempts: AttemptCounter = createLocalAttempts(),
): SignInGuard {
  const knownTurns = createTurns({ atOnce: 1, maxWaiting }, () => tooManyAttempts(1000))
  const unknownTurns = createTurns({ atOnce: unknownAtOnce, maxWaiting }, () => tooManyAttempts(1000))
  let toldAt = Number.NEGATIVE_INFINITY

  const checksOf = ({ email, device, address }: Attempt): Check[] => {
    const account = email.toLowerCase()
    if (device !== undefined) return [{ limit: ownLimit, key: `device ${device} ${account}`, isOwn: true }]
    const checks = [
      { limit: ownLimit, key: `account ${address ?? 'shared'} ${account}`, isOwn: address !== undefined },
      { limit: accountLimit, key: account, isOwn: false },
    ]
    return address === undefined ? checks : [...checks, { limit: addressLimit, key: address, isOwn: false }]
  }
  const tell = (): void => {
    if (clock.now() - toldAt < reportIntervalMs) return
    toldAt = clock.now()
    onGuessing(
      'somebody guesses passwords: further attempts on the same account or from the same address wait',
    )
  }

  const runCounted: SignInGuard['runCounted'] = async (given, work) => {
    const attempt = { ...given, address: given.address && getClientSource(given.address) }
    const checks = checksOf(attempt)
    const left = await attempts.begin(checks, clock.now())
    if (left > 0) {
      tell()
      throw tooManyAttempts(left)
    }
    const end = (how: (check: Check) => AttemptEnd) =>
      attempts.end(
        checks.map((check) => ({ ...check, end: how(check) })),
        clock.now(),
      )
    const turns = attempt.device === undefined ? unknownTurns : knownTurns
    try {
      const result = await work((slow) => turns.run(attempt.address ?? attempt.email, slow))
      await end(({ isOwn }) => (isOwn ? 'forgotten' : 'taken back'))
      return result
    } catch (error) {
      const isFailure = error instanceof PosternError && failures.has(error.code)
      await end(() => (isFailure ? 'failed' : 'taken back'))
      throw error
    }
  }

  return { runCounted, run: (attempt, work) => runCounted(attempt, (inTurn) => inTurn(work)) }
}

/** Runs slow work when its turn comes. */
export type InTurn = <T>(slow: () => Promise<T>) => Promise<T>

/** What slows down those who guess passwords. */
export interface SignInGuard {
  /**
   * Runs `work`, which checks the password, when it is allowed and its turn comes. Wrong proofs and unsuitable passwords
   * count as failures.
   * Throws `too_many_requests` if the attempt comes too early; then `work` has not run and nothing is
   * counted.
   */
  run<T>(attempt: Attempt, work: () => Promise<T>): Promise<T>
  /** The same for work of which a part alone is slow: `inTurn` runs that part, and no other attempt waits for the rest. */
  runCounted<T>(attempt: Attempt, work: (inTurn: InTurn) => Promise<T>): Promise<T>
}

/** Returns the error of an attempt that comes `milliseconds` too early. */
export function tooManyAttempts(milliseconds: number): PosternError {
  const seconds = Math.ceil(milliseconds / 1000)
  return new PosternError(
    'too_many_requests',
    `Too many attempts. Wait ${formatCount(seconds, 'second')} and try again.`,
    { retryAfterSeconds: seconds },
  )
}
