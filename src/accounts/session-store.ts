import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { Database, Queries } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { prepareQuery } from '../storage/prepare-query.ts'

/** Lifetime of a session. */
export const sessionSeconds = 12 * 3600
const maxUserAgentLength = 200

/**
 * Creates the store of sessions. It contains the hash of each token, so that a copy of the store has no
 * usable token.
 */
export function createSessionStore({ queries }: Pick<Database, 'queries'>, clock: Clock) {
  return {
    /** Begins a session in `tx`; returns its token, which is not stored. */
    async begin(tx: Queries, userId: string, userAgent: string): Promise<string> {
      const token = randomBytes(32).toString('base64url')
      const now = clock.now()
      const at = new Date(now).toISOString()
      await tx
        .insertInto('sessions')
        .values({
          id: newId('session', now),
          user_id: userId,
          token_sha256: hashToken(token),
          expires_at: new Date(now + sessionSeconds * 1000).toISOString(),
          user_agent: userAgent.slice(0, maxUserAgentLength),
          created_at: at,
          updated_at: at,
        })
        .execute()
      return token
    },
    /** Returns the user of an active session. */
    async findUser(token: string) {
      const [row] = await findSession(queries, { hash: hashToken(token) })
      if (row === undefined || Date.parse(row.expires_at) <= clock.now()) return undefined
      const { expires_at: _, ...user } = row
      return user
    },
    /** Ends one session. */
    async end(tx: Queries, token: string): Promise<void> {
      await tx.deleteFrom('sessions').where('token_sha256', '=', hashToken(token)).execute()
    },
    /** Ends every session of a user. */
    async endAll(tx: Queries, userId: string): Promise<void> {
      await tx.deleteFrom('sessions').where('user_id', '=', userId).execute()
    },
  }
}

/** Returns the stored hash of a token; a plain hash suffices for 256 random bits. */
export const hashToken = (token: string): string => createHash('sha256').update(token).digest('base64url')

const findSession = prepareQuery((queries, values: { hash: string }) =>
  queries
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .select(['users.id', 'email', 'name', 'operator_role', 'must_change_password', 'expires_at'])
    .where('token_sha256', '=', values.hash),
)
