import type { Database } from '../../storage/database.ts'
import type { AuditHeads } from './watch-audit-head.ts'

/** Reads the end of the audit log. */
export const createAuditHeadStore = ({ queries }: Database): AuditHeads => ({
  findHead: () =>
    queries
      .selectFrom('audit_checkpoints')
      .select(['sequence', 'hash'])
      .orderBy('sequence', 'desc')
      .limit(1)
      .executeTakeFirst(),

  async findHash(sequence) {
    const row = await queries
      .selectFrom('audit')
      .select('hash')
      .where('sequence', '=', sequence)
      .executeTakeFirst()
    return row?.hash
  },
})
