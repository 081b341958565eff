import { recordAudit } from '../audit/record-audit.ts'
import type { Actor } from '../shapes/actor.ts'
import type { Database } from '../storage/database.ts'
import { newId } from '../storage/id.ts'

/** A verified backup, or a drill with one. */
export interface KeptBackup {
  kind: 'backup' | 'drill'
  takenAt: number
  finishedAt: number
  sha256: string
  octets: number
}

/** Creates the store of the backups that were made and practised. */
export function createBackupStore(database: Database) {
  return {
    /** Records a verified backup or a drill, in the audit log too. */
    async record({ kind, takenAt, finishedAt, sha256, octets }: KeptBackup, actor: Actor): Promise<void> {
      await database.transaction(async (tx) => {
        const id = newId('backup', finishedAt)
        const row = { id, kind, taken_at: takenAt, finished_at: finishedAt, file_sha256: sha256, octets }
        await tx.insertInto('backups').values(row).execute()
        const entry = {
          ...{ actor, organizationId: null, subjectKind: 'store', subjectId: id },
          action: 'store.backed_up',
          after: { takenAt: new Date(takenAt).toISOString(), sha256, octets },
        }
        await recordAudit(tx, entry, finishedAt)
      })
    },
  }
}
