import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { sessionQuery } from '../features/session/api/get-session.ts'
import { ApiError, isRefusal } from '../lib/api-error.ts'

const tries = 2

/** The memory of the page. `onSignedOut` is called when the API no longer knows the session. */
export function createQueryClient(onSignedOut: () => void): QueryClient {
  const onError = (error: unknown) => {
    if (isRefusal(error, 'not_signed_in', 'password_change_required')) onSignedOut()
  }
  return new QueryClient({
    // The routes that ask for the session handle its lack themselves.
    queryCache: new QueryCache({
      onError: (error, { queryKey }) => queryKey[0] !== sessionQuery.queryKey[0] && onError(error),
    }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        staleTime: 5000,
        retry: (failures, error) =>
          failures < tries && error instanceof ApiError && (error.status === 0 || error.status >= 502),
      },
    },
  })
}
