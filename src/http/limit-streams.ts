import { PosternError } from '../errors.ts'

/** Maximum number of live streams per account: a browser opens six connections to one host over HTTP/1.1. */
const perAccount = 20

/**
 * Counts live streams, which hold a connection for as long as the client wants: a limit per account, and half
 * of the connections for all accounts.
 */
export function createStreamLimit(connections: number) {
  const most = Math.max(1, Math.floor(connections / 2))
  const open = new Map<string, number>()
  let all = 0
  return {
    /** Returns a function to call when the stream has ended. Throws `too_many_requests` or `unavailable`. */
    take(account: string): () => void {
      const own = open.get(account) ?? 0
      if (own >= perAccount)
        throw new PosternError(
          'too_many_requests',
          `You have ${perAccount} live pages open. Close one of them and load this page again.`,
        )
      if (all >= most)
        throw new PosternError(
          'unavailable',
          'Too many live pages are open at this moment. Load this page again in a minute.',
          { retryAfterSeconds: 60 },
        )
      open.set(account, own + 1)
      all += 1
      return () => {
        const left = (open.get(account) ?? 0) - 1
        if (left > 0) open.set(account, left)
        else open.delete(account)
        all -= 1
      }
    },
  }
}

export type StreamLimit = ReturnType<typeof createStreamLimit>
