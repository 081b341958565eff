import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { SessionSummary } from '../contract/account.ts'
import type { SecondFactor } from '../contract/second-factor.ts'
import type { Database, Queries } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { createPaging, cursorParts, type Page } from '../storage/page.ts'
import { prepareQuery } from '../storage/prepare-query.ts'
import { nameDevice } from './name-device.ts'

/** How long sessions last, in seconds: after the sign-in, and without use. */
export interface SessionLimits {
  absoluteSeconds: number
  idleSeconds: number
}

/** The limits if the configuration sets none. */
const defaultSessionLimits: SessionLimits = { absoluteSeconds: 12 * 3600, idleSeconds: 2 * 3600 }

/** Who begins a session. */
export interface SessionClient {
  userAgent: string
  address: string | null
}

/** What proved a sign-in beside the password, and to whom. */
export interface SessionProof {
  /** Null for a password alone, and for a provider. */
  factor: SecondFactor | null
  /** The organization whose provider stated a second factor. */
  factorFor: string | null
  /** The organization whose provider began the session. */
  signedInBy: string | null
}

/** Whose sessions are meant: all of a user, or those alone that the provider of one organization began. */
export interface SessionOwner {
  userId: string
  signedInBy: string | null
}

const maxUserAgentLength = 200
/** The use of a session is written at most once in this time. */
const useIntervalMs = 60_000
/** When a user was last seen is written at most once in this time. */
const seenIntervalMs = 300_000
/** A user who signs in more often ends the sessions that were not used for the longest time. */
const maxSessions = 50

const paging = createPaging('sessions', [cursorParts.number, cursorParts.name])

/**
 * Creates the store of sessions. It contains the hash of each token, so that a copy of the store has no
 * usable token.
 */
export function createSessionStore(
  { queries }: Pick<Database, 'queries'>,
  clock: Clock,
  limits: SessionLimits = defaultSessionLimits,
) {
  /** The last use of a session that has just become idle, as the store has it. */
  const idleSince = () => new Date(clock.now() - limits.idleSeconds * 1000).toISOString()
  return {
    limits,
    /** Begins a session in `tx`; returns its token, which is not stored. */
    async begin(
      tx: Queries,
      userId: string,
      { userAgent, address }: SessionClient,
      { factor, factorFor, signedInBy }: SessionProof,
    ): Promise<string> {
      const token = randomBytes(32).toString('base64url')
      const now = clock.now()
      const at = new Date(now).toISOString()
      await tx
        .insertInto('sessions')
        .values({
          id: newId('session', now),
          user_id: userId,
          token_sha256: hashToken(token),
          expires_at: new Date(now + limits.absoluteSeconds * 1000).toISOString(),
          ip_address: address,
          user_agent: userAgent.slice(0, maxUserAgentLength),
          second_factor: factor,
          second_factor_for: factorFor,
          signed_in_by: signedInBy,
          created_at: at,
          updated_at: at,
        })
        .execute()
      await endBeyond(tx, userId)
      await recordSeen(tx, userId, { at, before: at })
      return token
    },
    /**
     * Returns the user of an active session. If the request `isUse`, the session is kept from becoming idle; nothing
     * waits for that, so that a store that cannot write still answers.
     */
    async findUser(token: string, isUse: boolean) {
      const [row] = await findSession(queries, { hash: hashToken(token) })
      const now = clock.now()
      if (row === undefined || Date.parse(row.expires_at) <= now) return undefined
      const { expires_at: _, updated_at: used, last_seen_at: seen, ...user } = row
      if (used <= idleSince()) return undefined
      if (isUse && now - Date.parse(used) >= useIntervalMs) {
        const at = new Date(now).toISOString()
        recordUse(queries, hashToken(token), { used, at }).catch(() => {})
        const before = new Date(now - seenIntervalMs).toISOString()
        if (seen === null || seen <= before) recordSeen(queries, row.id, { at, before }).catch(() => {})
      }
      return user
    },
    /** Lists the active sessions of a user, last used first. */
    async list(
      owner: SessionOwner,
      currentHash: string | undefined,
      { cursor, limit }: { cursor?: string | undefined; limit: number },
    ): Promise<Page<SessionSummary>> {
      const rows = await queries
        .selectFrom('sessions')
        .selectAll()
        .where((e) => e.and(columnsOf(owner)))
        .where('expires_at', '>', new Date(clock.now()).toISOString())
        .where('updated_at', '>', idleSince())
        .orderBy('updated_at', 'desc')
        .orderBy('id', 'desc')
        .limit(maxSessions)
        .execute()
      const from = paging.findPosition(cursor)
      const rest = from === undefined ? rows : rows.filter((row) => isAfter(row, from))
      return paging.toPage(
        rest.slice(0, limit + 1),
        limit,
        (row) => [Date.parse(row.updated_at), row.id],
        (row) => ({
          id: row.id,
          device: nameDevice(row.user_agent),
          address: row.ip_address,
          createdAt: row.created_at,
          lastUsedAt: row.updated_at,
          isCurrent: row.token_sha256 === currentHash,
        }),
      )
    },
    /** Ends the session of a token. */
    async end(tx: Queries, token: string): Promise<void> {
      await tx.deleteFrom('sessions').where('token_sha256', '=', hashToken(token)).execute()
    },
    /** Ends one session of a user, and returns whether there was one. */
    async endOne(tx: Queries, owner: SessionOwner, id: string): Promise<boolean> {
      const ended = await tx
        .deleteFrom('sessions')
        .where((e) => e.and(columnsOf(owner)))
        .where('id', '=', id)
        .executeTakeFirst()
      return ended.numDeletedRows > 0n
    },
    /** Ends every session of a user but the one with `keptHash`; returns how many. */
    async endAll(tx: Queries, owner: SessionOwner, keptHash = ''): Promise<number> {
      const ended = await tx
        .deleteFrom('sessions')
        .where((e) => e.and(columnsOf(owner)))
        .where('token_sha256', '!=', keptHash)
        .executeTakeFirst()
      return Number(ended.numDeletedRows)
    },
  }
}

export type SessionStore = ReturnType<typeof createSessionStore>

/** Returns the stored hash of a token; a plain hash suffices for 256 random bits. */
export const hashToken = (token: string): string => createHash('sha256').update(token).digest('base64url')

const isAfter = (row: { updated_at: string; id: string }, [at, id]: readonly [number, string]): boolean => {
  const own = Date.parse(row.updated_at)
  return own < at || (own === at && row.id < id)
}

const columnsOf = ({ userId, signedInBy }: SessionOwner) => ({
  user_id: userId,
  ...(signedInBy !== null && { signed_in_by: signedInBy }),
})

/** Ends the sessions of a user beyond the last used ones. */
async function endBeyond(tx: Queries, userId: string): Promise<void> {
  await tx
    .deleteFrom('sessions')
    .where('user_id', '=', userId)
    .where('id', 'not in', (e) =>
      e
        .selectFrom('sessions')
        .select('id')
        .where('user_id', '=', userId)
        .orderBy('updated_at', 'desc')
        .orderBy('id', 'desc')
        .limit(maxSessions),
    )
    .execute()
}

/** Of several requests at once one records the use. */
const recordUse = (queries: Queries, hash: string, { used, at }: { used: string; at: string }) =>
  queries
    .updateTable('sessions')
    .set({ updated_at: at })
    .where('token_sha256', '=', hash)
    .where('updated_at', '=', used)
    .execute()

/** Records that a user was seen, unless that was recorded after `before`. */
const recordSeen = (queries: Queries, userId: string, { at, before }: { at: string; before: string }) =>
  queries
    .updateTable('users')
    .set({ last_seen_at: at })
    .where('id', '=', userId)
    .where((e) => e.or([e('last_seen_at', 'is', null), e('last_seen_at', '<=', before)]))
    .execute()

const findSession = prepareQuery((queries, values: { hash: string }) =>
  queries
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .select(['users.id', 'email', 'name', 'operator_role', 'must_change_password'])
    .select(['expires_at', 'sessions.updated_at', 'last_seen_at'])
    .select(['second_factor', 'second_factor_for', 'signed_in_by'])
    .where('token_sha256', '=', values.hash)
    .where('deactivated_at', 'is', null),
)
