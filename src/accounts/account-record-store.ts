import { type AuditEntry, recordAudit } from '../audit/record-audit.ts'
import type { Database } from '../storage/database.ts'

/** Creates what records the acts of users on their own account that change nothing else in a transaction of theirs. */
export const createAccountRecord = (database: Database) => ({
  /** Writes an audit row about a user’s own session or password. */
  record: (audit: AuditEntry, now: number): Promise<void> =>
    database.transaction((tx) => recordAudit(tx, audit, now)),
})

export type AccountRecord = ReturnType<typeof createAccountRecord>
