import type { Session } from './handler.ts'

const checkMilliseconds = 1000

/** Aborts `gone`, and with it an answer that goes on, once the person is no longer signed in. */
export function endWithSession(
  gone: AbortController,
  session: Session,
  findSession: () => Promise<Session | undefined>,
): void {
  const check = async (): Promise<void> => {
    // Where the store is away nobody can say that the session has ended.
    const found = await findSession().catch(() => session)
    if (found?.userId !== session.userId) gone.abort()
    if (!gone.signal.aborted) setTimeout(check, checkMilliseconds).unref()
  }
  setTimeout(check, checkMilliseconds).unref()
}
