import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { sessionQuery } from '../features/session/api/get-session.ts'
import { ApiError, isDenial } from '../lib/api-error.ts'
import { shareEqual } from '../lib/entity-tag.ts'

const tries = 2

/** What the page does when the API rejects a session. */
interface Refused {
  /** Called if the API does not know the session, or got two. */
  onSignedOut(): void
  onPasswordDue(): void
}

/** Creates the cache of the page. */
export function createQueryClient({ onSignedOut, onPasswordDue }: Refused): QueryClient {
  const onError = (error: unknown) => {
    if (isDenial(error, 'not_signed_in', 'session_cookie_repeated')) onSignedOut()
    if (isDenial(error, 'password_change_required')) onPasswordDue()
  }
  return new QueryClient({
    // The routes that load the session handle its absence themselves.
    queryCache: new QueryCache({
      onError: (error, { queryKey }) => queryKey[0] !== sessionQuery.queryKey[0] && onError(error),
    }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        staleTime: 5000,
        structuralSharing: shareEqual,
        retry: (failures, error) =>
          failures < tries && error instanceof ApiError && (error.status === 0 || error.status >= 502),
      },
    },
  })
}
