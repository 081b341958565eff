import type { GeneratedAlways } from 'kysely'

/** Backups that were made and practised, restores, and the journal of what a restore must not take back. */
/** A migration after which older releases can run on the store. */
interface MigrationNeedsTable {
  name: string
  /** The newest migration that a release has to know to run on it. */
  needs: string
}

export interface BackupTables {
  migration_needs: MigrationNeedsTable
  journal: JournalRow
  backups: BackupRow
  restores: RestoreRow
}

/** A verified backup, or a drill that has restored one into a place of its own. */
interface BackupRow {
  id: string
  kind: 'backup' | 'drill'
  /** The moment of the state of the store that it holds. */
  taken_at: number
  finished_at: number
  /** SHA-256 of the file, hex. */
  file_sha256: string
  octets: number
}

/** A restore of the store from a backup. */
interface RestoreRow {
  id: string
  /**
   * `loaded`: nothing may use the store yet. `held`: the authority signs nothing and gateways do not start.
   * `released`: in use.
   */
  state: 'loaded' | 'held' | 'released'
  taken_at: number
  began_at: number
  released_at: number | null
  /** The position in the journal that the backup has. */
  journal_sequence: number
  /** JSON: what came back, and what may be missing. */
  outcome: string
}

/** A changed row of another table, named in the transaction of the change by a trigger. */
interface JournalRow {
  sequence: GeneratedAlways<number>
  table_name: string
  /** The columns of its key, joined with blanks. */
  row_key: string
  at: number
}
