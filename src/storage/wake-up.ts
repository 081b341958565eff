import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'

const pollMilliseconds = 25
const reconnectMilliseconds = 250
/** The PostgreSQL channel on which a commit that others should notice is announced. */
export const wakeUpChannel = 'postern'

/** Polls `PRAGMA data_version`, which changes when another connection has committed. */
export async function watchSqlite(path: string, wake: () => void): Promise<() => Promise<void>> {
  const file = new DatabaseSync(path, { readOnly: true, timeout: 1000 })
  const statement = file.prepare('pragma data_version')
  const read = () => (statement.get() as { data_version: number }).data_version
  let seen = read()
  const timer = setInterval(() => {
    const now = read()
    if (now === seen) return
    seen = now
    wake()
  }, pollMilliseconds)
  return async () => {
    clearInterval(timer)
    file.close()
  }
}

/** Listens for notifications, and connects again when the connection breaks. */
export async function watchPostgres(url: string, wake: () => void): Promise<() => Promise<void>> {
  let stopped = false
  let client: pg.Client | undefined
  let timer: NodeJS.Timeout | undefined

  const connect = async (): Promise<void> => {
    const next = new pg.Client({ connectionString: url, keepAlive: true })
    next.on('notification', wake)
    next.on('error', () => {})
    await next.connect()
    await next.query(`listen ${wakeUpChannel}`)
    client = next
    // Not before: an attempt that fails ends too, and would then be repeated twice.
    next.once('end', retryLater)
  }
  const retryLater = (): void => {
    if (stopped) return
    clearTimeout(timer)
    timer = setTimeout(() => connect().then(wake, retryLater), reconnectMilliseconds)
  }

  await connect()
  return async () => {
    stopped = true
    clearTimeout(timer)
    await client?.end()
  }
}
