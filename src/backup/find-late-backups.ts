/** A verified backup, or a restore that was practised. */
export type BackupKind = 'backup' | 'drill'

/** After how long without a verified backup, or a drill, operators are told. */
export interface BackupAges {
  maxAgeMs: number
  drillMs: number
}

/** What is known of backups. Times are milliseconds since 1970. */
export interface BackupState {
  /** When the last of each kind ended. */
  last: Partial<Record<BackupKind, number>>
  /** When the store was first used; undefined before. */
  firstUsedAt: number | undefined
}

/** Which is late, and since when there is none; a store without any counts from its first use. */
export function findLateBackups(
  { last, firstUsedAt }: BackupState,
  { maxAgeMs, drillMs }: BackupAges,
  now: number,
): { kind: BackupKind; since: number; isFirst: boolean }[] {
  const kinds = [
    { kind: 'backup', limit: maxAgeMs },
    { kind: 'drill', limit: drillMs },
  ] as const
  return kinds.flatMap(({ kind, limit }) => {
    const since = last[kind] ?? firstUsedAt
    if (since === undefined || now - since <= limit) return []
    return [{ kind, since, isFirst: last[kind] === undefined }]
  })
}

/** Returns the sentence for the log. */
export function describeLate({ kind, since, isFirst }: ReturnType<typeof findLateBackups>[number]): string {
  const at = new Date(since).toISOString()
  if (kind === 'backup')
    return isFirst
      ? `There is no verified backup; the store is in use since ${at}. Run postern backup.`
      : `The last verified backup is of ${at}. Run postern backup, and find out why it was not run.`
  return isFirst
    ? `No restore was ever practised; the store is in use since ${at}. Run postern drill.`
    : `The last drill of a restore was at ${at}. Run postern drill.`
}
