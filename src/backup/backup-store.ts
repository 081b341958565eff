import { recordAudit } from '../audit/record-audit.ts'
import type { Actor } from '../shapes/actor.ts'
import type { Database } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { listEpochs } from '../storage/store-epoch.ts'
import { findHold } from '../storage/store-hold.ts'
import type { BackupKind, BackupState } from './find-late-backups.ts'

/** A verified backup, or a drill with one. */
export interface KeptBackup {
  kind: BackupKind
  takenAt: number
  finishedAt: number
  sha256: string
  octets: number
}

const actions = { backup: 'store.backed_up', drill: 'store.restore_practised' } as const

/** Creates the store of the backups that were made and practised. */
export function createBackupStore(database: Database) {
  const { queries } = database
  return {
    /** Records a verified backup or a drill, in the audit log too. */
    async record({ kind, takenAt, finishedAt, sha256, octets }: KeptBackup, actor: Actor): Promise<void> {
      await database.transaction(async (tx) => {
        const id = newId('backup', finishedAt)
        const row = { id, kind, taken_at: takenAt, finished_at: finishedAt, file_sha256: sha256, octets }
        await tx.insertInto('backups').values(row).execute()
        const entry = {
          ...{ actor, organizationId: null, subjectKind: 'store', subjectId: id },
          action: actions[kind],
          after: { takenAt: new Date(takenAt).toISOString(), sha256, octets },
        }
        await recordAudit(tx, entry, finishedAt)
      })
    },

    /** Returns when the last backup and the last drill ended. */
    async findState(): Promise<BackupState> {
      const rows = await queries
        .selectFrom('backups')
        .select(['kind', (e) => e.fn.max<number>('finished_at').as('at')])
        .groupBy('kind')
        .execute()
      const first = (await listEpochs(queries)).at(-1)
      return {
        last: Object.fromEntries(rows.map(({ kind, at }) => [kind, Number(at)])),
        firstUsedAt: first?.beganAt,
      }
    },

    /** Returns whether the store is held after a restore. */
    isHeld: async (): Promise<boolean> => (await findHold(queries)) !== undefined,
  }
}
