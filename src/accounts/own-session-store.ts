import { recordAudit } from '../audit/record-audit.ts'
import type { SessionSummary } from '../contract/account.ts'
import { PosternError } from '../errors.ts'
import type { Act } from '../shapes/act.ts'
import type { Database } from '../storage/database.ts'
import type { Page } from '../storage/page.ts'
import type { SessionOwner, SessionStore } from './session-store.ts'

/**
 * Creates the store of the sessions that a user sees and ends. In a session that a provider began, these are the sessions
 * of the same provider.
 */
export function createOwnSessionStore(database: Database, sessions: SessionStore) {
  const record = (
    tx: Parameters<typeof recordAudit>[0],
    userId: string,
    count: number,
    { actor, now }: Act,
  ) =>
    recordAudit(
      tx,
      {
        actor,
        action: 'person.sessions_ended',
        organizationId: null,
        subjectKind: 'person',
        subjectId: userId,
        after: { count },
      },
      now,
    )
  return {
    /** Lists the sessions of a user; `current` is the name of the one that asks. */
    list: (
      owner: SessionOwner,
      current: string | undefined,
      page: { cursor?: string | undefined; limit: number },
    ): Promise<Page<SessionSummary>> => sessions.list(owner, current, page),

    /** Ends one session of a user. Throws `not_found`. */
    async endOne(owner: SessionOwner, id: string, act: Act): Promise<void> {
      await database.transaction(async (tx) => {
        if (!(await sessions.endOne(tx, owner, id)))
          throw new PosternError('not_found', 'This session has ended, or it is not yours.')
        await record(tx, owner.userId, 1, act)
      })
    },

    /** Ends all sessions of a user but the one with this name. */
    async endOthers(owner: SessionOwner, current: string, act: Act): Promise<void> {
      await database.transaction(async (tx) => {
        const count = await sessions.endAll(tx, owner, current)
        if (count > 0) await record(tx, owner.userId, count, act)
      })
    },
  }
}

export type OwnSessionStore = ReturnType<typeof createOwnSessionStore>
