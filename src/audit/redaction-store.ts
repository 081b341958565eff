import { systemActor } from '../shapes/actor.ts'
import type { Database, Tx } from '../storage/database.ts'
import { type AuditBody, type ChainedRow, hashBody } from './audit-chain.ts'
import type { CheckpointSigner } from './checkpoint.ts'
import { recordAudit } from './record-audit.ts'
import { type RedactedRow, type Redaction, redactionAction, stateRedaction } from './redaction.ts'

/** A row of the log and what it says from now on. */
export interface RowRedaction {
  row: ChainedRow
  content: Pick<AuditBody, 'actor_name' | 'before' | 'after'>
}

/** Maximum number of rows that one redaction replaces, so that its own row stays short. */
export const maxRedactedRows = 50

/** Creates what redacts rows of the audit log. */
export function createRedactionStore(database: Database, openSigner: () => Promise<CheckpointSigner>) {
  return {
    /**
     * Replaces the content of at most 50 rows, and records in the same transaction the hashes of what was written and of
     * what the rows say now, signed by the key of the audit log. `also` runs in that transaction. Returns false, and
     * changes nothing, if one of the rows is not as it was read.
     */
    async redact(
      userId: string,
      redactions: readonly RowRedaction[],
      now: number,
      also: (tx: Tx) => Promise<boolean>,
    ): Promise<boolean> {
      const rows = redactions.map(toRedactedRow)
      const { keyId, sign } = await openSigner()
      const signature = Buffer.from(await sign(stateRedaction(rows))).toString('base64')
      const after: Redaction = { rows, keyId, signature }
      return database.transaction(async (tx) => {
        if (!(await areUnchanged(tx, redactions)) || !(await also(tx))) return false
        await recordAudit(
          tx,
          {
            ...{ actor: systemActor('erase-people'), action: redactionAction, organizationId: null },
            ...{ subjectKind: 'person', subjectId: userId, after: { ...after } },
          },
          now,
        )
        const { sequence: by } = await tx
          .selectFrom('audit')
          .select('sequence')
          .orderBy('sequence', 'desc')
          .limit(1)
          .executeTakeFirstOrThrow()
        for (const [index, { row, content }] of redactions.entries())
          await tx
            .updateTable('audit')
            .set({ ...content, salt: null, written_sha256: rows[index]?.written ?? null, redacted_by: by })
            .where('sequence', '=', row.sequence)
            .execute()
        return true
      })
    },
  }
}

export type RedactionStore = ReturnType<typeof createRedactionStore>

const toRedactedRow = ({ row, content }: RowRedaction): RedactedRow => ({
  sequence: row.sequence,
  written: row.written_sha256 ?? hashBody(row),
  redacted: hashBody({ ...row, ...content, salt: null }),
})

async function areUnchanged(tx: Tx, redactions: readonly RowRedaction[]): Promise<boolean> {
  const sequences = redactions.map(({ row }) => row.sequence)
  const present = await tx.selectFrom('audit').selectAll().where('sequence', 'in', sequences).execute()
  const hashes = new Map(present.map((row) => [row.sequence, hashBody(row)]))
  return redactions.every(({ row }) => hashes.get(row.sequence) === hashBody(row))
}
