import type { Database } from '../storage/database.ts'

/** One lease of a job: `attempts` tells it from the one before. */
interface Leased {
  id: string
  attempts: number
}

/** A lease as others see it: while its worker lives, `beat` changes again and again. */
export interface SeenLease extends Leased {
  beat: number
}

/** The leases of jobs. They hold no moments, so that clocks of different machines need not agree. */
export function createLeaseStore({ queries, engine }: Pick<Database, 'queries' | 'engine'>) {
  return {
    /** Shows that the workers of these leases live. Gives the jobs that another worker has leased since. */
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
      // One that is gone is done, and one that nobody has leased was asked for again meanwhile.
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

    /** Every job that some worker has. */
    async listLeases(): Promise<SeenLease[]> {
      const rows = await queries
        .selectFrom('jobs')
        .select(['id', 'attempts', 'leased_until'])
        .where('leased_until', 'is not', null)
        .execute()
      return rows.map(({ id, attempts, leased_until: beat }) => ({ id, attempts, beat: beat ?? 0 }))
    },

    /** Gives a job free whose worker is gone; nothing happens where it has shown itself meanwhile. */
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
     * Gives every job free that workers before this process have left, where it is known that they are gone: a SQLite
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
