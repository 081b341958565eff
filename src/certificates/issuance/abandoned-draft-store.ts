import type { Act } from '../../shapes/act.ts'
import type { Database } from '../../storage/database.ts'
import { lockCertificate, transitionCertificate } from '../certificate-row-store.ts'

/** Creates the store of drafts of all organizations that nobody goes on with. */
export function createAbandonedDraftStore(database: Database) {
  return {
    /** Returns the ids of at most `limit` drafts that have ended at `now`, those that ended first at the start. */
    async list(now: number, limit: number): Promise<string[]> {
      const rows = await database.queries
        .selectFrom('certificates')
        .select('id')
        .where('status', '=', 'draft')
        .where('draft_ends_at', '<=', now)
        .orderBy('draft_ends_at')
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map(({ id }) => id)
    },

    /** Cancels a draft if it still has ended; returns whether it was canceled. */
    cancel(id: string, { actor, now }: Act): Promise<boolean> {
      return database.transaction(async (tx) => {
        const certificate = await lockCertificate(tx, null, id)
        const { draftEndsAt } = certificate
        if (draftEndsAt === null || draftEndsAt > now) return false
        const step = { actor, action: 'certificate.cancelled', after: { reason: 'abandoned' } }
        await transitionCertificate(tx, certificate, { status: 'cancelled', values: {}, step }, now)
        return true
      })
    },
  }
}

export type AbandonedDraftStore = ReturnType<typeof createAbandonedDraftStore>
