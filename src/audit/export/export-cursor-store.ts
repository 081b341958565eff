import type { Database } from '../../storage/database.ts'

/** How far a target has come: its last row, and the row of its last checkpoint; 0 for none. */
export interface ExportCursor {
  sequence: number
  checkpoint: number
}

/** Creates the store of how far each target of the audit export has come. */
export function createExportCursorStore({ queries }: Pick<Database, 'queries'>) {
  return {
    /** Returns undefined for a target that nothing has reached yet. */
    async find(target: string): Promise<ExportCursor | undefined> {
      return queries
        .selectFrom('audit_exports')
        .select(['sequence', 'checkpoint'])
        .where('target', '=', target)
        .executeTakeFirst()
    },

    /** Stores the first cursor of a target, unless another process has. */
    async insert(target: string, cursor: ExportCursor, now: number): Promise<void> {
      await queries
        .insertInto('audit_exports')
        .values({ target, ...cursor, updated_at: now })
        .onConflict((conflict) => conflict.column('target').doNothing())
        .execute()
    },

    /**
     * Moves a cursor from where it was read. Returns false, and changes nothing, if another process has moved it since.
     */
    async move(target: string, from: ExportCursor, to: ExportCursor, now: number): Promise<boolean> {
      const { numUpdatedRows } = await queries
        .updateTable('audit_exports')
        .set({ ...to, updated_at: now })
        .where('target', '=', target)
        .where('sequence', '=', from.sequence)
        .where('checkpoint', '=', from.checkpoint)
        .executeTakeFirst()
      return Number(numUpdatedRows) === 1
    },

    /**
     * Returns how many rows a target lacks, and since when the first of them waits: milliseconds since 1970, null if it
     * lacks none.
     */
    async findLag(target: string): Promise<{ rows: number; since: number | null }> {
      const { sequence = 0 } = (await this.find(target)) ?? {}
      const [first, last] = await Promise.all([
        queries
          .selectFrom('audit')
          .select('at')
          .where('sequence', '>', sequence)
          .orderBy('sequence')
          .limit(1)
          .executeTakeFirst(),
        queries
          .selectFrom('audit')
          .select('sequence')
          .orderBy('sequence', 'desc')
          .limit(1)
          .executeTakeFirst(),
      ])
      return { rows: Math.max(0, (last?.sequence ?? 0) - sequence), since: first?.at ?? null }
    },
  }
}

export type ExportCursorStore = ReturnType<typeof createExportCursorStore>
