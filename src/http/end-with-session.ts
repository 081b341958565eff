import type { Session } from './handler.ts'

const checkMs = 1000

/** Aborts `gone`, and with it a live stream, when the user is signed out. */
export function endWithSession(
  gone: AbortController,
  session: Session,
  findSession: () => Promise<Session | undefined>,
): void {
  const check = async (): Promise<void> => {
    // If the store is unavailable, the session may still be valid.
    const found = await findSession().catch(() => session)
    if (found?.userId !== session.userId) gone.abort()
    if (!gone.signal.aborted) setTimeout(check, checkMs).unref()
  }
  setTimeout(check, checkMs).unref()
}
