import type { Database } from '../storage/database.ts'

/** One lease of a job: `attempts` distinguishes it from the previous one. */
interface Leased {
  id: string
  attempts: number
}

/** A lease as other processes see it: while its worker runs, `beat` changes repeatedly. */
export interface SeenLease extends Leased {
  beat: number
}

/**
 * Creates the store of job leases. They contain no times, so that clocks of different machines need not
 * agree.
 */
export function createLeaseStore({ queries, engine }: Pick<Database, 'queries' | 'engine'>) {
  return {
    /**
     * Shows that the workers of these leases are running. Returns the jobs that another worker has leased
     * since.
     */
    async renewLeases(leases: readonly Leased[]): Promise<string[]> {
      const renewed = await queries
        .updateTable('jobs')
        .set((e) => ({ leased_until: e('leased_until', '+', 1) }))
        .where('leased_until', 'is not', null)
        .where((e) =>
          e.or(leases.map(({ id, attempts }) => e.and([e('id', '=', id), e('attempts', '=', attempts)]))),
        )
        .returning('id')
        .execute()
      const missing = leases.filter(({ id }) => !renewed.some((row) => row.id === id))
      if (missing.length === 0) return []
      // A missing job is done, and an unleased one was requested again in the meantime.
      const rows = await queries
        .selectFrom('jobs')
        .select(['id', 'attempts'])
        .where(
          'id',
          'in',
          missing.map(({ id }) => id),
        )
        .execute()
      return rows
        .filter((row) => missing.some(({ id, attempts }) => id === row.id && attempts !== row.attempts))
        .map(({ id }) => id)
    },

    /** Lists every leased job. */
    async listLeases(): Promise<SeenLease[]> {
      const rows = await queries
        .selectFrom('jobs')
        .select(['id', 'attempts', 'leased_until'])
        .where('leased_until', 'is not', null)
        .execute()
      return rows.map(({ id, attempts, leased_until: beat }) => ({ id, attempts, beat: beat ?? 0 }))
    },

    /**
     * Releases a job whose worker is gone; does nothing if the worker has renewed the lease in the meantime.
     */
    async freeLease({ id, attempts, beat }: SeenLease): Promise<void> {
      await queries
        .updateTable('jobs')
        .set({ leased_until: null })
        .where('id', '=', id)
        .where('attempts', '=', attempts)
        .where('leased_until', '=', beat)
        .execute()
    },

    /**
     * Releases every job that workers before this process have left, if they are known to be gone: a SQLite
     * store has one portal at a time.
     */
    async freeAbandoned(): Promise<void> {
      if (engine === 'postgres') return
      await queries
        .updateTable('jobs')
        .set({ leased_until: null })
        .where('leased_until', 'is not', null)
        .execute()
    },
  }
}

export type LeaseStore = ReturnType<typeof createLeaseStore>
