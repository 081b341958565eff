import { PosternError } from '../errors.ts'
import type { Session } from './handler.ts'

/** With the query that follows, a stream ends within a second after its session. */
const checkMs = 750

/**
 * Aborts `gone`, and with it a live stream, when the user is signed out, the API key has ended, or they may no longer call the operation.
 * `readmit` returns the session, and throws the codes of `authorize`.
 */
export function endWithSession(
  gone: AbortController,
  session: Session,
  readmit: () => Promise<Session | undefined>,
): void {
  const check = async (): Promise<void> => {
    const found = await readmit().catch((error) => (isDenial(error) ? undefined : session))
    if (found === undefined || nameOf(found) !== nameOf(session)) gone.abort()
    if (!gone.signal.aborted) setTimeout(check, checkMs).unref()
  }
  setTimeout(check, checkMs).unref()
}

const nameOf = ({ key, userId }: Session): string => key?.id ?? userId

/** If the store is unavailable, the session may still be valid. */
const isDenial = (error: unknown): boolean =>
  error instanceof PosternError && error.code !== 'storage_unavailable'
