import { randomBytes } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import { PosternError } from '../../errors.ts'
import type { Tx } from '../../storage/database.ts'
import { createSignedCookie, type Ticket } from './signed-cookie.ts'
import { spendTicket } from './spent-ticket-store.ts'

/** What a passkey is asked for. */
export interface Ceremony {
  kind: 'registration' | 'sign_in' | 'second_factor' | 'step_up'
  /** Null where any user may answer. */
  userId: string | null
  /** What a step-up proof is for, as a hash. */
  act?: string
}

/** A challenge as its cookie contains it. */
export type Challenge = Ceremony & Ticket & { challenge: string }

/** Creates the challenges of passkeys: each is for one ceremony, and works once. */
export function createChallenges(settings: { sessionKey: string; portalUrl: string; clock: Clock }) {
  const cookie = createSignedCookie<Ceremony & { challenge: string }>('challenge', settings)
  return {
    /** Returns a challenge of 256 random bits in base64url, and the cookie that contains it. */
    issue: (ceremony: Ceremony): { ticket: Challenge; cookie: string } =>
      cookie.issue({ ...ceremony, challenge: randomBytes(32).toString('base64url') }),
    /** Returns the challenge of a request. Throws `passkey_challenge_expired`, also for that of another ceremony. */
    read(headers: Headers, { kind, userId, act }: Ceremony): Challenge {
      const found = cookie.read(headers)
      if (found?.kind === kind && found.userId === userId && found.act === act) return found
      throw challengeExpired()
    },
    /** Uses a challenge up. Throws `passkey_challenge_expired` if it was used before. */
    async spend(tx: Tx, challenge: Challenge): Promise<void> {
      if (!(await spendTicket(tx, challenge))) throw challengeExpired()
    },
  }
}

const challengeExpired = () =>
  new PosternError(
    'passkey_challenge_expired',
    'The request for the passkey has expired, was answered before, or was for something else. Start again.',
  )
