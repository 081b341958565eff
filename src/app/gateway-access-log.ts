import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { pino } from 'pino'
import { PosternError } from '../errors.ts'
import type { Log } from '../gateway/log/log.ts'

/** What waits for a slow disk; lines beyond it are dropped. */
const maxWaitingBytes = 1_048_576
const reportMs = 60_000
/** A stop does not wait longer for a disk. */
const closingMs = 1000

/** The file of the access log, which all gateway processes append to. */
export interface AccessLog {
  write(line: string): void
  close(): Promise<void>
}

/**
 * Opens the access log. No call waits for it: lines that cannot be written are dropped, which the log of the
 * gateway says at most once a minute. Throws `config_invalid` if the file cannot be opened.
 */
export async function openAccessLog(path: string, log: Log): Promise<AccessLog> {
  const file = pino.destination({
    ...{ dest: path, append: true, sync: false, maxLength: maxWaitingBytes },
    // It names who calls what: for the user of Postern and the group that collects logs.
    mode: 0o640,
  })
  await once(file, 'ready').catch((cause: NodeJS.ErrnoException) => {
    throw new PosternError(
      'config_invalid',
      `gateway.accessLog: ${path} cannot be opened (${cause.code}). Name a file in a folder that Postern's user may write.`,
      { cause },
    )
  })
  let toldAt = Number.NEGATIVE_INFINITY
  let dropped = 0
  const tell = (code: string | undefined): void => {
    if (performance.now() - toldAt < reportMs) return
    toldAt = performance.now()
    log.warn(
      { kind: 'access_log_not_written', code, count: dropped },
      'Lines of the access log are not written. Check the disk of gateway.accessLog.',
    )
    dropped = 0
  }
  file.on('drop', () => {
    dropped += 1
    tell(undefined)
  })
  file.on('error', (error: NodeJS.ErrnoException) => tell(error.code))
  return {
    write: (line) => void file.write(`${line}\n`),
    async close() {
      const closed = once(file, 'close').catch(() => {})
      file.end()
      await Promise.race([closed, wait(closingMs, undefined, { ref: false })])
    },
  }
}
