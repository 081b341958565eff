import { DatabaseSync, type StatementSync } from 'node:sqlite'

const pollMs = 25
/** The PostgreSQL channel that announces commits to other processes. */
export const wakeUpChannel = 'postern'

/**
 * Whether commits of others are heard of: `no` is proven, and `unknown` while the store is not connected. Then
 * the reader has to ask.
 */
export type Hearing = 'yes' | 'no' | 'unknown'

/**
 * Polls `PRAGMA data_version`, which changes when another connection has committed. It waits for no lock: if
 * the file cannot be read at this moment, it wakes once it can be read again.
 */
export async function watchSqlite(path: string, wake: () => void): Promise<() => Promise<void>> {
  const version = createVersionReader(path)
  let seen = version.find()
  const timer = setInterval(() => {
    const now = version.find()
    const isNew = now !== undefined && now !== seen
    seen = now
    if (isNew) wake()
  }, pollMs)
  return async () => {
    clearInterval(timer)
    version.close()
  }
}

/** Returns a reader of the version of the file; it returns undefined while the file is locked or missing. */
function createVersionReader(path: string) {
  let file: DatabaseSync | undefined
  let statement: StatementSync | undefined
  return {
    find(): number | undefined {
      try {
        file ??= new DatabaseSync(path, { readOnly: true, timeout: 0 })
        statement ??= file.prepare('pragma data_version')
        return (statement.get() as { data_version: number }).data_version
      } catch {
        return undefined
      }
    },
    close: () => file?.close(),
  }
}
