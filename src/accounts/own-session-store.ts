import { recordAudit } from '../audit/record-audit.ts'
import type { SessionSummary } from '../contract/account.ts'
import { PosternError } from '../errors.ts'
import type { Act } from '../shapes/act.ts'
import type { Database } from '../storage/database.ts'
import type { Page } from '../storage/page.ts'
import type { SessionStore } from './session-store.ts'

/** Creates the store of the sessions that a user sees and ends. */
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
      userId: string,
      current: string | undefined,
      page: { cursor?: string | undefined; limit: number },
    ): Promise<Page<SessionSummary>> => sessions.list(userId, current, page),

    /** Ends one session of a user. Throws `not_found`. */
    async endOne(userId: string, id: string, act: Act): Promise<void> {
      await database.transaction(async (tx) => {
        if (!(await sessions.endOne(tx, userId, id)))
          throw new PosternError('not_found', 'This session has ended, or it is not yours.')
        await record(tx, userId, 1, act)
      })
    },

    /** Ends all sessions of a user but the one with this name. */
    async endOthers(userId: string, current: string, act: Act): Promise<void> {
      await database.transaction(async (tx) => {
        const count = await sessions.endAll(tx, userId, current)
        if (count > 0) await record(tx, userId, count, act)
      })
    },
  }
}

export type OwnSessionStore = ReturnType<typeof createOwnSessionStore>
