import { queryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import { ApiError } from '../../../lib/api-error.ts'
import { call } from '../../../lib/call.ts'

/** Whether the page was loaded without a session cookie and has not asked since: then there is nothing to ask. */
let loadedWithout = document.querySelector<HTMLMetaElement>('meta[name="session"]')?.content === 'none'

/** The query for the session. Fails with `not_signed_in` if there is none. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }) => {
    if (!loadedWithout) return call(operations.getSession, { signal })
    loadedWithout = false
    throw new ApiError({ code: 'not_signed_in', status: 401, detail: 'You are not signed in.' })
  },
  staleTime: 60_000,
})
